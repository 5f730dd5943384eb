import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerParent } from '../../processes/answer-parent.ts'
import { HANDSHAKE, HEAD_END, SWITCHED } from './handshake.ts'
import type { LoadAnswer, LoadCommand } from './proxy-commands.ts'

/** Entry of the process of the clients: raw sockets, so that the proxy is most of the work. */

const MESSAGE = Buffer.alloc(256, 'x')
const WARM_UP_MS = 200
/** Who waits longer makes the bench fail. */
const PATIENCE_MS = 5_000
/** WebSockets that stay are opened so many at once. */
const HOLD_AT_ONCE = 8

let held: Socket[] = []

/** Resolves when the node has taken the WebSocket. */
async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer to a handshake')))
  socket.write(HANDSHAKE)
  let head = ''
  while (!head.includes(HEAD_END)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    head += chunk.toString('latin1')
  }
  if (!head.startsWith(SWITCHED)) throw new Error(`a handshake was answered: ${head.split('\r\n')[0]}`)
  socket.on('error', () => socket.destroy())
  return socket
}

async function openMany(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  const openers = Array.from({ length: HOLD_AT_ONCE }, async (_, opener) => {
    for (let index = opener; index < count; index += HOLD_AT_ONCE) sockets.push(await open(port))
  })
  await Promise.all(openers)
  return sockets
}

/** Each socket sends its message when it has the last one back as a whole. */
async function messages({
  port,
  sockets: count,
  measureMs,
}: Extract<LoadCommand, { do: 'messages' }>): Promise<LoadAnswer> {
  const sockets = await openMany(port, count)
  let passed = 0
  for (const socket of sockets) {
    let missing = MESSAGE.length
    socket.on('data', (chunk) => {
      missing -= chunk.length
      if (missing > 0) return
      missing = MESSAGE.length
      passed += 1
      socket.write(MESSAGE)
    })
    socket.write(MESSAGE)
  }
  const perSecond = await rate(() => passed, measureMs)
  const closed = sockets.filter((socket) => socket.closed || socket.errored !== null).length
  for (const socket of sockets) socket.destroy()
  if (closed > 0) throw new Error(`${closed} of ${count} connections did not last`)
  return { done: 'messages', perSecond }
}

async function connects({
  port,
  atOnce,
  measureMs,
}: Extract<LoadCommand, { do: 'connects' }>): Promise<LoadAnswer> {
  let done = 0
  const measured = new AbortController()
  const comers = Array.from({ length: atOnce }, async () => {
    while (!measured.signal.aborted) {
      // A reset leaves no port behind that waits for a minute.
      ;(await open(port)).resetAndDestroy()
      done += 1
    }
  })
  const counted = rate(() => done, measureMs).finally(() => measured.abort())
  const [perSecond] = await Promise.all([counted, ...comers])
  return { done: 'connects', perSecond }
}

async function rate(count: () => number, measureMs: number): Promise<number> {
  await sleep(WARM_UP_MS)
  const from = count()
  const fromMs = performance.now()
  await sleep(measureMs)
  return ((count() - from) * 1_000) / (performance.now() - fromMs)
}

async function execute(command: LoadCommand): Promise<LoadAnswer> {
  for (const socket of held) socket.destroy()
  held = []
  switch (command.do) {
    case 'messages':
      return messages(command)
    case 'connects':
      return connects(command)
    case 'hold':
      held = await openMany(command.port, command.sockets)
      return { done: 'hold' }
  }
}

answerParent(execute)
