import type { ClientFrame, CloseCode, ErrorCode, Hello, Migrate, Resume, Send } from '@skein/protocol'
import type { Identity } from '../auth/authenticator.ts'

/**
 *            hello             admitted
 *  opening ─────────▶ admitting ────────▶ active ──▶ closed
 *     │                  │                  │
 *     └── too late ──────┴── no good ───────┴── expired, revoked, silent, too fast, superseded
 */
export type SessionState =
  | { readonly phase: 'opening'; readonly openedAtMs: number }
  /** The token is being verified; what came after the hello waits. */
  | { readonly phase: 'admitting'; readonly openedAtMs: number; readonly waiting: readonly ClientFrame[] }
  | {
      readonly phase: 'active'
      readonly identity: Identity
      readonly resume: 'none' | 'begun' | 'answered'
      /** Asked to migrate; the client begins no attempt after this moment (monotonic). */
      readonly leaveByMs?: number
    }
  | { readonly phase: 'closed' }

export type SessionEvent =
  | { readonly on: 'frame'; readonly frame: ClientFrame }
  | { readonly on: 'badFrame'; readonly problem: Problem }
  /** Token and user were found good. */
  | { readonly on: 'admitted'; readonly identity: Identity }
  | { readonly on: 'renewed'; readonly identity: Identity }
  | {
      readonly on: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly retryAfterMs?: number
    }
  | { readonly on: 'revoked'; readonly validAfterMs: number }
  | { readonly on: 'resumed' }
  | { readonly on: 'migrate'; readonly frame: Migrate }
  /** A newer connection of the same instance of the client was accepted (HELLO8). */
  | { readonly on: 'superseded' }
  /** Once a second. */
  | { readonly on: 'sweep'; readonly heardAtMs: number }
  | { readonly on: 'closed' }

/** What the shell does. */
export type SessionEffect =
  | { readonly do: 'admit'; readonly hello: Hello }
  | { readonly do: 'renew'; readonly token: string }
  | { readonly do: 'welcome'; readonly identity: Identity }
  | { readonly do: 'resume'; readonly frame: Resume }
  | { readonly do: 'send'; readonly frame: Send }
  | { readonly do: 'serve'; readonly frame: Exclude<ClientFrame, Hello | Resume | Send | { t: 'auth' }> }
  | { readonly do: 'askToMigrate'; readonly frame: Migrate }
  | { readonly do: 'tell'; readonly problem: Problem }
  | { readonly do: 'tellRenewed'; readonly identity: Identity }
  | { readonly do: 'close'; readonly code: CloseCode; readonly reason: string }

/** Something to tell the client, as far as possible about the frame it sent. */
export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  readonly retryAfterMs?: number
  readonly requestId?: string
  readonly conversation?: string
  readonly clientId?: string
}

export interface SessionBounds {
  readonly handshakeMs: number
  readonly heartbeatMs: number
  /** Frames that may wait behind a hello. */
  readonly waitingFrames: number
}
