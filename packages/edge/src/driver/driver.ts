/** A node as a proxy should use it now. Pure input of every driver. */
export interface DesiredServer {
  /** What a client that is steered names. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly zone: string
  readonly region: string
  /** 0–256, from capacity weight and headroom, slow start included. 0: give it nothing. */
  readonly weight: number
  /** `drain`: nothing new, what is there stays. `maint`: it is not to be used (yet). */
  readonly state: 'ready' | 'drain' | 'maint'
  /** Why it is not ready, in words; empty when it is. */
  readonly reason: string
  /** In another zone than the proxy: only for when no near node takes anything. */
  readonly backup: boolean
  /** 0: any number. */
  readonly maxConnections: number
  /** Where it answers HAProxy's agent-check; absent: it does not. */
  readonly agentPort?: number
}

/** What happened at a proxy, for whoever runs it. */
export interface DriverEvent {
  /** `trouble`: the proxy is not as it should be, and `text` says what to do. */
  readonly kind: 'done' | 'trouble' | 'recovered'
  /** Which proxy: its socket or the path of its configuration. */
  readonly proxy: string
  readonly text: string
}

/** Brings a proxy to where it should be. */
export interface ProxyDriver {
  readonly name: 'haproxy' | 'nginx'
  /** Rejects with one line when this proxy can never be driven: it is too old, or its configuration is not ours. */
  start(): Promise<void>
  /** Resolves when the proxy was told. Bounded; never rejects for a proxy that is away: that is an event. */
  apply(servers: readonly DesiredServer[]): Promise<void>
  stop(): Promise<void>
}
