import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SUBPROTOCOL } from '@skein/protocol'
import { WebSocketServer } from 'ws'
import { answerParent } from '../processes/answer-parent.ts'
import { usageNow } from './node-commands.ts'
import type { RawAnswer, RawCommand } from './raw-commands.ts'

/**
 * Entry of the process that shows the limit of fan-out: WebSocket frames that were encoded beforehand,
 * several in one write, to every socket that has taken the last. Nothing else is done here.
 */

const sockets = new Set<Duplex>()
const server = createServer()
const wss = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: () => SUBPROTOCOL,
})

server.on('upgrade', (request, socket, head) => {
  wss.handleUpgrade(request, socket, head, (ws) => {
    // The light client's handshake waits for this.
    ws.once('message', () => ws.send('{"t":"resumed"}'))
    ws.on('error', () => undefined)
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
})

/** A text frame from the server: FIN, no mask (RFC 6455 section 5.2). */
function textFrame(payload: string): Buffer {
  const bytes = Buffer.from(payload)
  const header =
    bytes.length < 126
      ? Buffer.from([0x81, bytes.length])
      : Buffer.from([0x81, 126, bytes.length >> 8, bytes.length & 255])
  return Buffer.concat([header, bytes])
}

async function blast(command: Extract<RawCommand, { do: 'blast' }>): Promise<RawAnswer> {
  const write = Buffer.concat(
    Array.from({ length: command.framesPerWrite }, () => textFrame(command.payload)),
  )
  let frames = 0
  const from = usageNow()
  while (performance.now() - from.atMs < command.durationMs) {
    for (const socket of sockets) {
      if (socket.writableLength > 0) continue
      socket.write(write)
      frames += command.framesPerWrite
    }
    await nextTurn()
  }
  return { done: 'blast', frames, from, to: usageNow() }
}

function start(): Promise<RawAnswer> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({ done: 'start', url: `ws://127.0.0.1:${port}` })
    })
  })
}

answerParent((command: RawCommand) => (command.do === 'start' ? start() : blast(command)))
