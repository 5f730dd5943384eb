import { readNodeConfig, serveNode, silentLogger, type ServedNode } from '@skein/server'
import { usageNow, type NodeAnswer, type NodeCommand } from './node-commands.ts'

/** Entry of a bench's server process: the node as `skein node` runs it, and its own use of CPU and memory. */

const STOP_MS = 1_000
let served: ServedNode | undefined

async function execute(command: NodeCommand): Promise<NodeAnswer> {
  if (command.do === 'usage') return { done: 'usage', usage: usageNow() }
  const flags = { databaseUrl: command.databaseUrl, jwtSecret: command.secret, host: '127.0.0.1', port: '0' }
  served = await serveNode(readNodeConfig({ flags, env: {} }), { logger: silentLogger })
  return { done: 'start', url: `${served.url.replace(/^http/, 'ws')}/v1/connect` }
}

process.on('message', (command: NodeCommand) => {
  execute(command)
    .catch((error: unknown): NodeAnswer => ({
      done: 'error',
      message: error instanceof Error ? error.message : String(error),
    }))
    .then(
      (answer) => process.send?.(answer),
      () => process.exit(1),
    )
})

process.on('disconnect', () => {
  const stopped = served?.stop(STOP_MS) ?? Promise.resolve()
  stopped.then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
