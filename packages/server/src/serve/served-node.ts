import type { Cancel, Runtime } from '@skein/core'
import type { Registry } from '../cluster/registry.ts'
import type { ClusterMember } from '../member/cluster-member.ts'
import type { MemberEnd } from '../member/member-options.ts'
import type { ChatNode } from '../node/chat-node.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Logger } from '../observe/logger.ts'
import type { Store } from '../store/store.ts'
import type { Front } from './front.ts'

export interface ServedNode {
  readonly url: string
  readonly name: string
  /** Resolves when this node should end though its process was not asked to: it was drained, or refused. */
  readonly ended: Promise<MemberEnd>
  /**
   * Moves clients to other nodes while there are any, commits what is under way, sends the rest
   * elsewhere, and lets go of everything. A second call makes nothing quicker.
   */
  stop(deadlineMs: number, how?: StopHow): Promise<void>
}

/** `atOnce`: all nodes stop, so there is nobody to move clients to. */
export type StopHow = 'moving' | 'atOnce'

/** Of a stop's deadline: for committing and closing when the clients have gone. */
const CLOSE_SHARE = 0.2
const MOST_CLOSE_MS = 1_500
/** What is left for closing sockets when the node has taken all of the deadline. */
const LEAST_CLOSE_MS = 200

/** What a node consists of, in the order in which it comes to be. */
export interface NodeParts {
  readonly runtime: Runtime
  readonly logger: Logger
  readonly store: Store
  readonly registry: Registry
  readonly stopGauges: Cancel
  readonly rateLimits: Pick<RateLimiter, 'close'>
  readonly node: ChatNode
  readonly front?: Front
  readonly member?: ClusterMember
}

export function servedNode(parts: NodeParts & Required<Pick<NodeParts, 'front' | 'member'>>): ServedNode {
  const { front, member } = parts
  let stopping: Promise<void> | undefined
  return {
    url: front.url,
    name: member.name,
    ended: member.ended,
    stop: (deadlineMs, how = 'moving') => (stopping ??= stopParts(parts, deadlineMs, how)),
  }
}

/** Stops what there is: a start that failed has only some of it. */
export async function stopParts(parts: NodeParts, deadlineMs: number, how: StopHow): Promise<void> {
  const { runtime, logger, store, registry, node, front, member } = parts
  const untilMs = runtime.clock.monotonicMs() + deadlineMs
  const leftMs = (): number => Math.max(0, untilMs - runtime.clock.monotonicMs())
  logger.info({ deadlineMs }, 'stopping')
  if (how === 'moving' && member?.hasTargets === true && node.sessionCount > 0) {
    const windowMs = deadlineMs - Math.min(MOST_CLOSE_MS, deadlineMs * CLOSE_SHARE)
    await member.drain({ windowMs, force: true, hard: true })
  }
  const closed = front?.close()
  await node.stop(leftMs())
  await member?.stop()
  parts.stopGauges()
  await registry
    .close()
    .catch((error: unknown) => logger.debug({ err: error }, 'closing the registry failed'))
  await front?.stop(Math.max(LEAST_CLOSE_MS, leftMs()))
  await closed
  await parts.rateLimits.close()
  await store.close()
  logger.info({}, 'stopped')
}
