import type { DesiredServer } from '../driver/driver.ts'
import type { ObservedSlot } from './observed.ts'
import { isFree } from './reconcile.ts'

/** A node as the cluster wants it and as HAProxy has it, side by side. */
export interface SlotView {
  /** Absent: the cluster does not list it. */
  readonly node?: string
  readonly slot: string
  readonly address: string
  /** As the cluster says. */
  readonly wanted: DesiredServer['state'] | 'none'
  /** As HAProxy's own page says. */
  readonly status: string
  /** An operator took it out at the proxy: only an operator brings it back. */
  readonly operator: 'drain' | 'maint' | null
  /** 0–100. */
  readonly weight: number
  readonly agent: 'answers' | 'silent' | 'none'
  readonly agentText: string
  readonly sessions: number
}

export const slotViews = (
  slots: readonly ObservedSlot[],
  desired: readonly DesiredServer[],
): readonly SlotView[] =>
  slots
    .filter((slot) => !isFree(slot))
    .map((slot) => {
      const { name, host, port, status, weight, maintenance, drained, agentAnswers, agentText, sessions } =
        slot
      const server = desired.find((one) => one.host === host && one.port === port)
      return {
        ...(server !== undefined && { node: server.name }),
        slot: name,
        address: `${host}:${port}`,
        wanted: server?.state ?? 'none',
        status,
        operator: maintenance ? 'maint' : drained ? 'drain' : null,
        weight,
        agent: server?.agentPort === undefined ? 'none' : agentAnswers ? 'answers' : 'silent',
        agentText,
        sessions,
      }
    })
