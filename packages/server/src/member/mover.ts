import type { Moves } from '../cluster/spread.ts'
import type { View } from '../cluster/view.ts'
import type { MemberNode } from './member-node.ts'

export interface MoveTerms {
  readonly withinMs: number
  readonly reason: string
}

/** Asks so many sessions to move, in the order of the plan. Answers how many were asked. */
export function carryOut(
  node: Pick<MemberNode, 'migrate'>,
  moves: Moves,
  view: View,
  terms: MoveTerms,
): number {
  let asked = 0
  for (const [id, count] of moves) {
    const target = view.members.get(id)?.record
    // It left in this very moment: the next tick has another target.
    if (target === undefined) continue
    asked += node.migrate({ count, ...terms, node: target.name, ...directUrl(target.address) })
  }
  return asked
}

/** Only an address of which its node says that clients reach it directly; else they come through a proxy. */
const directUrl = (address: string): { readonly url?: string } =>
  /^wss?:/.test(address) ? { url: address } : {}
