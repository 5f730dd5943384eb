import { serveNode, type NodeConfig, type ServedNode } from '@skein/server'
import { explain } from '../explain.ts'
import { isStopRequest, type NodeReport } from '../up/supervision.ts'
import { demoPageDirectory } from './demo-page.ts'

/** Without its supervisor a node ends soon: the next `skein up` wants its port. */
const ORPHAN_DRAIN_MS = 500

/** Runs a node until it is asked to stop: by a signal, or by the `skein up` that it belongs to. */
export async function runNode(readConfig: () => Promise<NodeConfig>): Promise<void> {
  const stop = stopRequests()
  let config: NodeConfig
  let node: ServedNode
  try {
    config = await readConfig()
    const demo = config.demo ? { demo: { pageDirectory: demoPageDirectory() } } : {}
    node = await serveNode(config, { ...demo, signal: stop.signal })
  } catch (error) {
    if (stop.signal.aborted) return
    if (process.send === undefined) throw error
    await report({ type: 'failed', ...explain(error) })
    process.exit(explain(error).exitCode)
  }
  await report({ type: 'ready', url: node.url })
  const deadlineMs = await stop.asked
  await node.stop(deadlineMs ?? config.drainMs)
  // The channel to the supervisor would keep this process alive.
  if (process.connected) process.disconnect()
}

interface StopRequests {
  readonly signal: AbortSignal
  /** Resolves with the deadline where all of `skein up` stops or is gone; a signal is for this node alone. */
  readonly asked: Promise<number | undefined>
}

function stopRequests(): StopRequests {
  const controller = new AbortController()
  const asked = new Promise<number | undefined>((resolve) => {
    const ask = (deadlineMs?: number): void => {
      controller.abort()
      resolve(deadlineMs)
    }
    process.on('SIGTERM', () => ask())
    process.on('SIGINT', () => ask())
    if (process.send === undefined) return
    process.on('message', (message) => isStopRequest(message) && ask(message.deadlineMs))
    process.once('disconnect', () => {
      setTimeout(() => process.exit(1), 4 * ORPHAN_DRAIN_MS).unref()
      ask(ORPHAN_DRAIN_MS)
    })
  })
  return { signal: controller.signal, asked }
}

const report = (message: NodeReport): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, () => resolve())
  })
