import type { Socket } from 'node:net'

/** A side that has ended may leave the other one talking, but not in silence for longer than this. */
export const HALF_CLOSED_IDLE_MS = 30_000

/**
 * Passes everything on, both ways, at the pace of the slower side. An end is passed on as an end, so that
 * a half-closed connection still gets its answer; a death is passed on as a death. `done` is called once,
 * when both are closed. Either side may have ended or died already.
 */
export function joinSockets(client: Socket, node: Socket, done: () => void): void {
  let open = 2
  const watch = (one: Socket, other: Socket): void => {
    const ended = (): void => {
      other.setTimeout(HALF_CLOSED_IDLE_MS, () => other.destroy())
    }
    const closed = (): void => {
      // All of it came and all of it went out: then the other one may finish in peace.
      if (!one.readableEnded || !one.writableFinished) other.resetAndDestroy()
      open -= 1
      if (open === 0) done()
    }
    one.on('error', () => undefined)
    if (one.readableEnded) ended()
    else one.once('end', ended)
    if (one.closed) return closed()
    one.once('close', closed)
    one.pipe(other)
  }
  watch(client, node)
  watch(node, client)
}
