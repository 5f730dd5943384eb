import type { Runtime } from '@skein/core'
import { readNodeConfig, type ServedNode, serveNode, systemRuntime } from '@skein/server'

/** Entry of a node whose wall clock its parent sets: the machine's own is nobody's to change. */

/** What the parent says. The monotonic clock goes on as ever. */
export interface ClockMessage {
  readonly clockOffMs: number
}

let offMs = 0

function runtime(): Runtime {
  const { clock, ...rest } = systemRuntime()
  return { ...rest, clock: { now: () => clock.now() + offMs, monotonicMs: () => clock.monotonicMs() } }
}

const isClockMessage = (message: unknown): message is ClockMessage =>
  typeof message === 'object' &&
  message !== null &&
  'clockOffMs' in message &&
  typeof message.clockOffMs === 'number'

async function main(): Promise<void> {
  process.on('message', (message) => {
    if (isClockMessage(message)) offMs = message.clockOffMs
  })
  process.on('disconnect', () => process.exit(0))
  const config = readNodeConfig({ flags: {}, env: process.env })
  const node: ServedNode = await serveNode(config, { runtime: runtime() })
  process.once('SIGTERM', () => {
    node.stop(config.drainMs).then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}

await main()
