import * as z from 'zod'
import { FORWARDED_HEADER } from '../api/routes/cluster.ts'
import type { DrainAccepted, DrainOrder } from '../api/deps.ts'
import { isProblemCode, ApiProblem } from '../api/problem.ts'
import type { NodeRecord } from '../cluster/node-record.ts'
import { DrainError } from '../member/drain-error.ts'

/** Peers are near: one that takes longer for this is not well. */
const REACH_MS = 350
const FORWARD_MS = 5_000

const Live = z.object({ live: z.boolean(), id: z.string().optional() })
const Accepted = z.object({ node: z.string(), windowMs: z.number() })
const Refused = z.object({ code: z.string(), detail: z.string() })

/** Whether this very process answers at its address, not another that took its port. Does not reject. */
export async function reachPeer({ id, internalAddress }: NodeRecord): Promise<boolean> {
  try {
    const response = await fetch(`${internalAddress}/livez`, { signal: AbortSignal.timeout(REACH_MS) })
    const answer = Live.safeParse(await response.json())
    return answer.success && answer.data.id === id
  } catch {
    return false
  }
}

/** Passes a drain on to the node that it names. Rejects with what that one answered, or with DrainError. */
export async function forwardDrain(peer: NodeRecord, order: DrainOrder): Promise<DrainAccepted> {
  const { node, windowMs, force, authorization } = order
  const url = `${peer.internalAddress}/v1/cluster/nodes/${encodeURIComponent(node)}/drain`
  const unreachable = (cause?: unknown): DrainError =>
    new DrainError(
      'nodeUnreachable',
      `${node} does not answer at ${peer.internalAddress}. Try again, or set its SKEIN_PEER_URL to an address that other nodes reach.`,
      cause,
    )
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', [FORWARDED_HEADER]: '1' },
    body: JSON.stringify({ force, ...(windowMs !== undefined && { windowMs }) }),
    signal: AbortSignal.timeout(FORWARD_MS),
  }).catch((cause: unknown) => {
    throw unreachable(cause)
  })
  const body: unknown = await response.json().catch(() => undefined)
  const accepted = Accepted.safeParse(body)
  if (response.ok && accepted.success) return accepted.data
  const refused = Refused.safeParse(body)
  if (!refused.success || !isProblemCode(refused.data.code)) throw unreachable()
  throw new ApiProblem(refused.data.code, refused.data.detail)
}
