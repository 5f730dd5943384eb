import { serveNode, type MemberEnd, type NodeConfig, type ServedNode, type ServeOptions } from '@skein/server'
import { EXIT } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { isStopRequest, type KillRequest, type NodeReport } from '../up/supervision.ts'
import { demoPageDirectory } from './demo-page.ts'

/** Without its supervisor a node ends soon: the next `skein up` wants its port. */
const ORPHAN_DRAIN_MS = 500

/** Runs a node until it is asked to stop, or the cluster lets it go: drained by an operator, or refused. */
export async function runNode(readConfig: () => Promise<NodeConfig>): Promise<void> {
  const stop = stopRequests()
  let config: NodeConfig
  let node: ServedNode
  try {
    config = await readConfig()
    node = await serveNode(config, { ...demoOf(config), signal: stop.signal })
  } catch (error) {
    if (stop.signal.aborted) return
    if (process.send === undefined) throw error
    await report({ type: 'failed', ...explain(error) })
    process.exit(explain(error).exitCode)
  }
  await report({ type: 'ready', url: node.url })
  const end = await Promise.race([stop.asked, node.ended])
  await stopNode(node, end, config.drainMs)
  // The channel to the supervisor would keep this process alive.
  if (process.connected) process.disconnect()
  if (end.reason === 'refused') throw end.error
}

function demoOf(config: NodeConfig): Pick<ServeOptions, 'demo'> {
  if (!config.demo) return {}
  const pageDirectory = demoPageDirectory()
  if (process.send === undefined) return { demo: { pageDirectory } }
  return { demo: { pageDirectory, kill: (node) => void report({ type: 'kill', node }) } }
}

function stopNode(node: ServedNode, end: StopAsked | MemberEnd, drainMs: number): Promise<void> {
  switch (end.reason) {
    case 'signal':
    case 'drained':
    case 'refused':
      return node.stop(drainMs)
    case 'supervisor':
      return node.stop(end.deadlineMs, 'atOnce')
    case 'orphaned':
      return node.stop(ORPHAN_DRAIN_MS, 'atOnce')
  }
}

/**
 * - `signal`: this node is to go, the others stay.
 * - `supervisor`: all of `skein up` stops.
 * - `orphaned`: the supervisor is gone.
 */
type StopAsked =
  | { readonly reason: 'signal' | 'orphaned' }
  | { readonly reason: 'supervisor'; readonly deadlineMs: number }

interface StopRequests {
  readonly signal: AbortSignal
  readonly asked: Promise<StopAsked>
}

function stopRequests(): StopRequests {
  const controller = new AbortController()
  const asked = new Promise<StopAsked>((resolve) => {
    const ask = (why: StopAsked): void => {
      // Whoever asks twice does not want to wait.
      if (why.reason === 'signal' && controller.signal.aborted) process.exit(EXIT.failed)
      if (why.reason === 'orphaned') setTimeout(() => process.exit(EXIT.failed), 4 * ORPHAN_DRAIN_MS).unref()
      controller.abort()
      resolve(why)
    }
    process.on('SIGTERM', () => ask({ reason: 'signal' }))
    process.on('SIGINT', () => ask({ reason: 'signal' }))
    if (process.send === undefined) return
    process.on('message', (message) => {
      if (isStopRequest(message)) ask({ reason: 'supervisor', deadlineMs: message.deadlineMs })
    })
    process.once('disconnect', () => ask({ reason: 'orphaned' }))
  })
  return { signal: controller.signal, asked }
}

const report = (message: NodeReport | KillRequest): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, () => resolve())
  })
