import type { Encoded } from '../delivery/encoded.ts'

/**
 * One client's connection as the node sees it. Adapters: the `ws` gateway, the simulator's network.
 */
export interface Connection {
  /** Address of the client, for limits and logs. */
  readonly remote: string
  /** Messages out, in order, in one write to the network. Never blocks; see `bufferedBytes`. The list is the connection's from then on. */
  write(messages: readonly Encoded[]): void
  /** Bytes that the network has not taken yet. */
  readonly bufferedBytes: number
  /** Sends a close frame after what was written; closes hard when the peer does not answer. */
  close(code: number, reason: string): void
  /** What comes meanwhile stays in the network, and slows its sender down. Absent: it cannot. */
  pauseReading?(): void
  resumeReading?(): void
}

/** What the node gives back for a connection that it accepted. */
export interface ConnectionHandler {
  message(text: string): void
  /** The message could not be taken as text (binary, too big, not UTF-8). */
  unreadable(why: 'binary' | 'tooBig'): void
  /** `bufferedBytes` fell back to zero. */
  drained(): void
  closed(): void
}
