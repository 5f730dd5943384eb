/** What the nodes of the bench are told. */
export type NodesCommand =
  | { readonly do: 'start'; readonly nodes: number }
  | { readonly do: 'headroom'; readonly node: string; readonly percent: number }
  | { readonly do: 'accepted' }

export interface StandIn {
  readonly name: string
  readonly port: number
}

export type NodesAnswer =
  | { readonly done: 'start'; readonly nodes: readonly StandIn[] }
  /** From then on it is told, by the clock that all processes share. */
  | { readonly done: 'headroom'; readonly atMs: number }
  /** WebSockets since the start, by node. */
  | { readonly done: 'accepted'; readonly byNode: Readonly<Record<string, number>> }

/** What the clients of the bench are told. */
export type LoadCommand =
  /** So many WebSockets, on each of which one message is under way. */
  | { readonly do: 'messages'; readonly port: number; readonly sockets: number; readonly measureMs: number }
  /** So many at once open a WebSocket and leave. */
  | { readonly do: 'connects'; readonly port: number; readonly atOnce: number; readonly measureMs: number }
  /** So many WebSockets that stay, until the next command. */
  | { readonly do: 'hold'; readonly port: number; readonly sockets: number }

export type LoadAnswer =
  | { readonly done: 'messages'; readonly perSecond: number }
  | { readonly done: 'connects'; readonly perSecond: number }
  | { readonly done: 'hold' }

/** What the built-in balancer's process is told. */
export interface BuiltinCommand {
  readonly do: 'start'
  readonly operatorKey: string
  readonly nodeUrls: readonly string[]
}

export interface BuiltinAnswer {
  readonly done: 'start'
  readonly port: number
  readonly pid: number
}
