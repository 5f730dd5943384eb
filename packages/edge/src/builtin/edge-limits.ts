import { OptionError } from '@skein/resilience'

/** Every bound of the built-in balancer. */
export interface EdgeLimits {
  /** Connections at once. Each holds two of the process's files; Linux gives a process 20,000 or more. */
  readonly maxConnections: number
  /** Of these from one address (IPv6: one /64), those of this machine not counted; 0: any number. */
  readonly maxPerAddress: number
  /** A client whose first request is not there as a whole by then is not waited for. */
  readonly headMs: number
  /** A node on a near network either takes a connection at once or is not there. */
  readonly connectMs: number
  /** A WebSocket handshake that a node has accepted is answered by then, or tried elsewhere. */
  readonly handshakeMs: number
  /** The same for other requests without a body. Longer than what a node lets a request take. */
  readonly answerMs: number
}

export const DEFAULT_EDGE_LIMITS: EdgeLimits = {
  maxConnections: 8_000,
  maxPerAddress: 2_000,
  headMs: 10_000,
  connectMs: 1_000,
  handshakeMs: 5_000,
  answerMs: 60_000,
}

/** @throws OptionError by name and value. */
export function edgeLimits(given: Partial<EdgeLimits> = {}): EdgeLimits {
  const limits = { ...DEFAULT_EDGE_LIMITS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    const least = name === 'maxPerAddress' ? 0 : 1
    if (Number.isInteger(value) && value >= least) continue
    throw new OptionError(`${name} must be a whole number of at least ${least}, got ${value}`)
  }
  return limits
}
