import type { ChatNode } from '../node/chat-node.ts'
import type { NodeStats } from '../node/node-stats.ts'

/** What membership needs of the node that it moves clients of. */
export interface MemberNode extends Pick<
  ChatNode,
  | 'sessionCount'
  | 'leavingCount'
  | 'migrate'
  | 'closeAdmission'
  | 'openAdmission'
  | 'suspendWrites'
  | 'dismissRest'
> {
  stats(): Pick<NodeStats, 'state' | 'tail' | 'queueWaitMs'> & {
    readonly counters: Pick<NodeStats['counters'], 'accepted' | 'sends'>
  }
}
