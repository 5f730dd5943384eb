import type { NodeState } from '../cluster/node-record.ts'

/** What the answer is made of, of this node and of the cluster as it sees it. */
export interface AgentView {
  readonly state: NodeState
  readonly reason: string
  /** 0–100; undefined: not known. */
  readonly headroom: number | undefined
  /** What this node can carry, and what the largest of its cluster can. */
  readonly weight: number
  readonly largestWeight: number
}

/** A node that takes clients is never left out by rounding: when all are full, somebody must say so to them. */
const LEAST_PERCENT = 1
/** Without a believable headroom: little, never everything. */
const UNKNOWN_HEADROOM = 10
/** HAProxy keeps 127 characters of a description. */
const REASON_CHARACTERS = 100

/**
 * One line for HAProxy's agent-check (HAProxy configuration manual, "agent-check").
 *
 * Only words that the next answer takes back: `up`, `down` and a percentage. `drain`, `maint` and `ready`
 * change the administrative state, which is the operator's: it outlives this process, so that its successor
 * would have to say `ready`, and that cancels an operator's own drain. A weight of 0 drains as well: HAProxy
 * gives it nothing new and keeps what is there.
 */
export function agentAnswer({ state, reason, headroom, weight, largestWeight }: AgentView): string {
  switch (state) {
    case 'ready':
      return `up ${percentOf(headroom, weight / largestWeight)}%\n`
    case 'draining':
      return `up 0% #draining: ${oneLine(reason)}\n`
    case 'joining':
      return `down #not ready: ${oneLine(reason)}\n`
    case 'gone':
      return `down #gone: ${oneLine(reason)}\n`
  }
}

function percentOf(headroom = UNKNOWN_HEADROOM, share: number): number {
  const percent = Math.round(headroom * share)
  if (Number.isNaN(percent)) return LEAST_PERCENT
  return Math.min(100, Math.max(LEAST_PERCENT, percent))
}

/** Printable ASCII: HAProxy shows it on its page and in CSV. */
const oneLine = (reason: string): string =>
  reason
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/[",;]/g, '')
    .trim()
    .slice(0, REASON_CHARACTERS)
