import type { DispatchDocument } from '@skein/protocol'
import type { DispatchSigner } from '@skein/server'
import { forged, FORGERIES, type Forgery } from '../../dispatch/forge.ts'
import type { FaultKind } from '../faults/fault-kinds.ts'

/** What a mirror does with whoever asks. `mirroring`: passes on what the node that it asked last said. */
export type SimMirrorMood = 'mirroring' | 'down' | 'failing' | 'hanging' | 'stale' | 'forging'

export const BAD_MOODS = ['down', 'failing', 'hanging', 'stale', 'forging'] as const

export const FAULT_OF_MOOD: Readonly<Record<(typeof BAD_MOODS)[number], FaultKind>> = {
  down: 'dispatchDown',
  failing: 'dispatchDown',
  hanging: 'dispatchHung',
  stale: 'dispatchStale',
  forging: 'dispatchForged',
}

/** Where only those come who believed what they must not. */
export const TRAP = 'ws://trap'
export const TRAP_URL = `${TRAP}/v1/connect`

/** Clocks are off by minutes, here; what is wrong with a list has to be wrong for all of them. */
const CLOCKS_APART_MS = 900_000

/** A list that nobody may follow: every endpoint of it is the trap. */
export function forgedList(forgery: Forgery, document: DispatchDocument, signer: DispatchSigner): string {
  const endpoints = document.endpoints
    .map((endpoint) => ({ ...endpoint, id: TRAP, url: TRAP_URL }))
    .slice(0, 1)
  const apartMs = forgery === 'expired' ? -CLOCKS_APART_MS : forgery === 'ahead' ? CLOCKS_APART_MS : 0
  return forged(forgery, { ...document, issuedAt: document.issuedAt + apartMs, endpoints }, signer)
}

/** Lists that are wrong whatever a client holds; one that is rolled back is wrong for who has seen a newer one. */
const ALWAYS_WRONG = FORGERIES.filter((forgery) => forgery !== 'rolledBack')

const ROLLED_BACK_SHARE = 0.6

/**
 * What it is that one gets who holds this list. Rolled back is what is rightly signed, and older than that: who
 * holds nothing would be right to follow it.
 */
export function forgeryFor(held: string | undefined, roll: number): Forgery {
  if (held !== undefined && roll < ROLLED_BACK_SHARE) return 'rolledBack'
  return ALWAYS_WRONG[Math.floor(roll * ALWAYS_WRONG.length)] ?? 'anotherKey'
}
