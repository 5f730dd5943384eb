import { startEdge, type Edge } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { answerParent } from '../../processes/answer-parent.ts'
import type { BuiltinAnswer, BuiltinCommand } from './proxy-commands.ts'

/** Entry of the process of the built-in balancer, as `skein edge` runs it. */

let edge: Edge | undefined

async function start({ operatorKey, nodeUrls }: BuiltinCommand): Promise<BuiltinAnswer> {
  edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    runtime: systemRuntime(),
    // All clients of the bench have one address.
    limits: { maxPerAddress: 0 },
    cluster: { operatorKey, urls: nodeUrls, membership: true },
  })
  return { done: 'start', port: edge.port, pid: process.pid }
}

answerParent(start, async () => edge?.close())
