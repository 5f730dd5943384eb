import { readNodeConfig, serveNode, silentLogger, type ServedNode } from '@skein/server'
import { answerParent } from '../processes/answer-parent.ts'
import { usageNow, type NodeAnswer, type NodeCommand } from './node-commands.ts'

/** Entry of a bench's server process: the node as `skein node` runs it, and its own use of CPU and memory. */

const STOP_MS = 1_000
/** A few senders bring all the load: what is measured is the node, not what one user may. */
const NO_MESSAGE_LIMITS = {
  messagesPerDevice: '0',
  messagesPerUser: '0',
  messagesPerApp: '0',
  messagesPerCluster: '0',
}
/** The most that can be set. */
const NO_FRAME_LIMITS = { framesPerSecond: '100000', framesBurst: '1000000' }
let served: ServedNode | undefined

async function execute(command: NodeCommand): Promise<NodeAnswer> {
  if (command.do === 'usage') return { done: 'usage', usage: usageNow() }
  const { databaseUrl, secret: jwtSecret, noLimits } = command
  const limits = { ...NO_MESSAGE_LIMITS, ...(noLimits && NO_FRAME_LIMITS) }
  const flags = { databaseUrl, jwtSecret, host: '127.0.0.1', port: '0', ...limits }
  served = await serveNode(readNodeConfig({ flags, env: {} }), { logger: silentLogger })
  return { done: 'start', url: `${served.url.replace(/^http/, 'ws')}/v1/connect`, pid: process.pid }
}

answerParent(execute, async () => served?.stop(STOP_MS))
