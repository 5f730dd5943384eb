import type { DemandPlan, DemandResult } from './demand-plan.ts'

/** What a load process can be told to do, and what it answers. Plain data: it travels between processes. */
export type LoadCommand =
  | {
      readonly do: 'connect'
      readonly url: string
      readonly tokens: readonly string[]
      readonly heartbeatMs: number
      readonly atOnce: number
    }
  | ({ readonly do: 'send' } & SendPlan)
  | ({ readonly do: 'demand' } & DemandPlan)

export interface SendPlan {
  /** Which connections send, and into which conversation. */
  readonly senders: readonly { readonly connection: number; readonly conversation: string }[]
  readonly pace:
    | {
        readonly loop: 'closed'
        /** Messages under way at once, over all senders. */
        readonly underWay: number
        /** When a message is no longer under way: acknowledged, or with as many connections as this. */
        readonly until: 'acked' | { readonly deliveries: number }
      }
    | { readonly loop: 'open'; readonly perSecond: number }
  /** JSON bytes of a body, about. */
  readonly bodyBytes: number
  /** First this long without counting, then this long with. */
  readonly warmUpMs: number
  readonly measureMs: number
}

export interface SendResult {
  readonly sent: number
  readonly acked: number
  readonly refused: number
  readonly deliveries: number
  readonly measuredMs: number
  /** Counts of a `Histogram`: send until acknowledged, and send until shown (sampled). */
  readonly ackLatency: readonly number[]
  readonly deliveryLatency: readonly number[]
  readonly closedConnections: number
}

export type LoadAnswer =
  | { readonly done: 'connect'; readonly connected: number; readonly failed: number }
  | { readonly done: 'send'; readonly result: SendResult }
  | { readonly done: 'demand'; readonly result: DemandResult }
