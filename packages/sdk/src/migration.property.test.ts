import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ModelServer, type Line } from './testing/model-server.ts'
import { scriptedClient, type Scripted } from './testing/scripted-client.ts'

type Happening =
  | { readonly is: 'send' | 'said' }
  | { readonly is: 'read' | 'close' | 'hang' | 'migrate'; readonly line: number }
  | { readonly is: 'deliver'; readonly line: number; readonly count: number }
  | { readonly is: 'time'; readonly part: number }

const line = fc.nat({ max: 2 })
const usual = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Happening>({ is: 'send' }, { is: 'said' }) },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('read' as const), line }) },
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant('deliver' as const),
      line,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('migrate' as const), line }) },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('time' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
)
/** A migrate that arrives: what comes then finds the client on its way. */
const told: readonly Happening[] = [
  { is: 'migrate', line: 0 },
  { is: 'deliver', line: 0, count: 1 },
]
const bad = fc.record({ is: fc.constantFrom('close' as const, 'hang' as const), line })

function happen(happening: Happening, client: Scripted['client'], server: ModelServer): void {
  switch (happening.is) {
    case 'send':
      return void client.conversation('g').send('mine')
    case 'said':
      return void server.append('bob')
    case 'time':
      return
    default: {
      const line = server.lines[happening.line]
      if (line !== undefined) happenTo(line, happening, server)
    }
  }
}

function happenTo(line: Line, happening: Extract<Happening, { line: number }>, server: ModelServer): void {
  switch (happening.is) {
    case 'read':
      return server.read(line)
    case 'deliver':
      return server.deliver(line, happening.count)
    case 'migrate':
      return server.migrate(line, 400)
    case 'close':
      return line.connection.close(1006)
    case 'hang':
      line.hangs = true
  }
}

/** Everything gets through from here on. */
async function settle({ runtime }: Scripted, server: ModelServer): Promise<void> {
  for (let round = 0; round < 200; round++) {
    for (const line of server.lines) server.read(line)
    for (const line of server.lines) server.deliver(line, 1_000)
    await runtime.advance(round < 20 ? 10 : 200)
  }
}

/** @param stepMs the longest that is waited between two */
async function play(happenings: readonly Happening[], stepMs: number): Promise<Scripted & { moves: number }> {
  const scripted = await scriptedClient()
  const { runtime, client, seen } = scripted
  const server = new ModelServer(scripted.server)
  for (const happening of happenings) {
    happen(happening, client, server)
    await runtime.advance(happening.is === 'time' ? happening.part * stepMs : 0)
  }
  await settle(scripted, server)
  await client.flushed()
  // Each event once, in order, none missing (P2, P4).
  expect(seen.events).toEqual(server.log.map(({ seq }) => seq))
  // Sent in order, each once (P2, P3).
  const sent = seen.messages.filter(({ state }) => state === 'queued').map(({ clientId }) => clientId)
  const own = server.log.filter(({ sender }) => sender === 'ann').map(({ clientId }) => clientId)
  expect(own).toEqual([...new Set(sent)])
  expect(client.connection.state).toBe('online')
  const moves = scripted.server.connections.filter(({ closed }) => closed?.reason === 'moved').length
  return { ...scripted, moves }
}

test('MIG3 MIG4 in whatever order things happen, a move is invisible: nothing lost, doubled or reordered, always online', async () => {
  let moves = 0
  await fc.assert(
    fc.asyncProperty(fc.array(usual, { minLength: 20, maxLength: 60 }), async (happenings) => {
      const { seen, moves: more } = await play([...told, ...happenings], 40)
      moves += more
      expect(seen.status).toEqual([])
      for (const { clientId } of seen.messages) {
        const states = seen.messages.filter((told) => told.clientId === clientId).map(({ state }) => state)
        expect(states).toEqual([...new Set(states)])
      }
    }),
    { numRuns: 200 },
  )
  expect(moves).toBeGreaterThan(20)
}, 60_000)

test('MIG6 MIG7 and whichever connection dies on the way, told or in silence, nothing is lost, doubled or reordered', async () => {
  let moves = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: bad }), {
        minLength: 20,
        maxLength: 80,
      }),
      async (happenings) => {
        moves += (await play([...told, ...happenings], 1_500)).moves
      },
    ),
    { numRuns: 200 },
  )
  expect(moves).toBeGreaterThan(20)
}, 60_000)
