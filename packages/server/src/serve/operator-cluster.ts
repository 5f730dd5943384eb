import { SkeinError } from '@skein/core'
import type { ApiCluster } from '../api/deps.ts'
import type { ClusterMember } from '../member/cluster-member.ts'
import { DrainError } from '../member/drain-error.ts'
import { forwardDrain } from './peer-calls.ts'

type Asked = Pick<ClusterMember, 'name' | 'status' | 'beginDrain' | 'view'>

/**
 * The cluster for operators: any node takes an order, the node that it names carries it out. A node
 * that listens already may not be a member yet.
 */
export function operatorCluster(memberNow: () => Asked | undefined): ApiCluster {
  const member = (): Asked => {
    const here = memberNow()
    if (here !== undefined) return here
    throw new SkeinError('unavailable', 'The node is starting; ask again.', { remedy: 'retry' })
  }
  return {
    status: () => member().status(),
    async drain(order) {
      const { node, windowMs, force, forwarded } = order
      const here = member()
      if (node === here.name) {
        const begun = here.beginDrain({ force, ...(windowMs !== undefined && { windowMs }) })
        return { node, windowMs: begun.windowMs }
      }
      const records = [...here.view.members.values()].map(({ record }) => record)
      const peer = records.find(({ name }) => name === node)
      if (peer !== undefined && !forwarded) return forwardDrain(peer, order)
      const names = here.status().nodes.map(({ name }) => name)
      throw new DrainError('nodeUnknown', `The cluster has no node ${node}; it has ${names.join(', ')}.`)
    },
  }
}
