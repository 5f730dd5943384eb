import type { Socket } from 'node:net'
import type { Runtime } from '@skein/core'
import { goesElsewhere, type AttemptEnd } from '../balance/attempt-end.ts'
import type { NodePool, Occupancy } from '../balance/node-pool.ts'
import type { PooledNode } from '../balance/pooled-node.ts'
import { awaitAnswer, Said, type AnswerEnd } from './await-answer.ts'
import { dial } from './dial.ts'
import type { EdgeLimits } from './edge-limits.ts'
import { joinSockets } from './join-sockets.ts'
import { readHead, type FirstRequest } from './read-head.ts'
import { refuse, type RefusalReason } from './refuse.ts'

/** What is told of clients, for metrics. */
export interface EdgeWitness {
  refused(reason: RefusalReason): void
  /** How it went with one node, for one connection. */
  attempted(node: string, end: AttemptEnd): void
  /** A request that one node had accepted was said to another one. */
  repeated(why: AttemptEnd['is']): void
  /** A client named a node; `honoured`: it went there. */
  steered(honoured: boolean): void
  passed(bytes: { readonly fromClients: number; readonly toClients: number }): void
}

export interface Serving {
  readonly pool: NodePool
  readonly limits: EdgeLimits
  readonly runtime: Runtime
  readonly witness: EdgeWitness
}

export interface Client {
  readonly socket: Socket
  readonly address: string
  /** What each node is told before the client's first byte; undefined: nothing. */
  readonly introduction: Buffer | undefined
}

type Request = Extract<FirstRequest, { is: 'request' }>

/** From a client's first byte until it and a node are left to each other, or it is turned away. */
export async function serveClient(client: Client, serving: Serving): Promise<void> {
  const { socket } = client
  const { limits, runtime, witness } = serving
  const first = await readHead(socket, limits.headMs, runtime)
  const refuseFor = (reason: Exclude<RefusalReason, 'maxConnections'>): void => {
    witness.refused(reason)
    refuse(socket, reason, runtime.timers)
  }
  switch (first.is) {
    case 'gone':
      return void socket.destroy()
    case 'refused':
      return refuseFor(first.reason)
    case 'request': {
      const refusal = await passOn(client, first, serving)
      if (refusal !== undefined && !socket.destroyed) refuseFor(refusal)
    }
  }
}

/** Tries one node after the other until one answers. Resolves with why none did, undefined when one did. */
async function passOn(
  client: Client,
  request: Request,
  serving: Serving,
): Promise<'noNode' | 'noAnswer' | undefined> {
  const { pool, witness } = serving
  const { head } = request
  const said = new Said(request.bytes)
  const tried = new Set<string>()
  let repeats = 0
  while (!client.socket.destroyed) {
    const node = pool.pick({ node: head.node, tried, key: client.address })
    if (node === undefined) return repeats > 0 ? 'noAnswer' : 'noNode'
    if (head.node !== undefined && tried.size === 0) witness.steered(node.name === head.node)
    tried.add(node.name)
    const occupancy = pool.occupy(node)
    const end = await attempt({ client, request, said, node, occupancy }, serving)
    if (end === undefined) return undefined
    witness.attempted(node.name, end)
    occupancy.settle(end, head)
    occupancy.leave()
    if (end.is === 'clientGone') return undefined
    if (!goesElsewhere(end, head, repeats)) return 'noAnswer'
    if (end.is === 'refused' || end.is === 'unreachable') continue
    repeats += 1
    witness.repeated(end.is)
  }
  return undefined
}

interface Attempt {
  readonly client: Client
  readonly request: Request
  readonly said: Said
  readonly node: PooledNode
  readonly occupancy: Occupancy
}

/** Undefined: client and node are left to each other, and the occupancy is over when they are. */
async function attempt(trying: Attempt, serving: Serving): Promise<AttemptEnd | undefined> {
  const { client, request, said, node } = trying
  const { limits, runtime } = serving
  const { repeatable, upgrade } = request.head
  const startMs = runtime.clock.monotonicMs()
  const dialled = await dial(node, limits.connectMs, runtime)
  if (dialled.is !== 'connected') return dialled
  const { socket } = dialled
  if (client.socket.destroyed) {
    socket.resetAndDestroy()
    return { is: 'clientGone', afterMs: runtime.clock.monotonicMs() - startMs }
  }
  socket.write(
    client.introduction === undefined ? said.whole() : Buffer.concat([client.introduction, said.whole()]),
  )
  const end: AnswerEnd = repeatable
    ? await awaitAnswer({
        client: client.socket,
        node: socket,
        said,
        upgrade,
        withinMs: upgrade ? limits.handshakeMs : limits.answerMs,
        runtime,
        whenLost: (lost) => node.whenLost(lost),
      })
    : { is: 'tooMuch' }
  switch (end.is) {
    case 'answered':
    case 'tooMuch':
      return leaveToEachOther(trying, socket, end, serving)
    default:
      socket.resetAndDestroy()
      return end
  }
}

function leaveToEachOther(
  { client, request, node, occupancy }: Attempt,
  socket: Socket,
  end: Extract<AnswerEnd, { is: 'answered' | 'tooMuch' }>,
  { runtime, witness }: Serving,
): undefined {
  const startMs = runtime.clock.monotonicMs()
  const settle = (told: AttemptEnd): void => {
    witness.attempted(node.name, told)
    // The time to the answer may be that of an upload.
    occupancy.settle(told, { repeatable: request.head.repeatable && end.is === 'answered' })
  }
  let isAnswered = end.is === 'answered'
  if (end.is === 'answered') settle(end)
  else
    socket.once('data', () => {
      isAnswered = true
      settle({ is: 'answered', tookMs: runtime.clock.monotonicMs() - startMs })
    })
  let clientLeft = false
  client.socket.once('close', () => (clientLeft = !socket.destroyed))
  joinSockets(client.socket, socket, () => {
    if (!isAnswered) settle(clientLeft ? { is: 'clientGone', afterMs: 0 } : { is: 'died' })
    witness.passed({ fromClients: client.socket.bytesRead, toClients: client.socket.bytesWritten })
    occupancy.leave()
  })
}
