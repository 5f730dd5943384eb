import type { Runtime } from '@skein/core'
import type { RateLimit } from '@skein/resilience'
import type { CallLimits } from './call-limit.ts'
import type { NodeStats } from '../node/node-stats.ts'
import type { Place } from '../dispatch/rank.ts'
import type { ClusterStatus } from '../member/status.ts'
import type { Exposition } from '../observe/metrics/node-metrics.ts'
import type { Logger } from '../observe/logger.ts'
import type { Health } from '../probe/health.ts'
import type { CommitEntry, CommitOutcome, LogRecord, Store } from '../store/store.ts'

/** What the API needs of the node that it runs in. */
export interface ApiNode {
  submit(entry: CommitEntry): Promise<CommitOutcome>
  publish(records: readonly LogRecord[]): void
  stats(): NodeStats
}

export interface ApiKey {
  readonly app: string
  readonly key: string
}

/** Signs tokens for users; needs the secret that the node verifies with. */
export interface TokenSigning {
  readonly secret: string
  readonly issuer?: string
  readonly audience?: string
}

export interface DrainOrder {
  readonly node: string
  readonly windowMs?: number
  readonly force: boolean
  /** Goes along when the order is passed on to the node that it names. */
  readonly authorization: string
  /** Another node passed it on. */
  readonly forwarded: boolean
}

export interface DrainAccepted {
  readonly node: string
  readonly windowMs: number
}

/** What the API needs of the cluster. */
export interface ApiCluster {
  status(): ClusterStatus
  /** Rejects with DrainError. Resolves when the drain has begun. */
  drain(order: DrainOrder): Promise<DrainAccepted>
}

/** Tells clients where to connect. */
export interface ApiDispatch {
  /** A signed list; undefined while there is nowhere. */
  answer(place: Place): string | undefined
  /** How long whoever asks from there has to wait; undefined when it need not. */
  refusedFor(peer: string, forwardedFor: string | string[] | undefined): number | undefined
  readonly cacheControl: string
}

export interface ApiDeps {
  readonly store: Store
  readonly node: ApiNode
  readonly runtime: Runtime
  readonly logger: Logger
  /** The key decides the app. None: the API answers 401 to everybody. */
  readonly apiKeys: readonly ApiKey[]
  /** Absent where tokens are verified by public keys: then the product signs them itself. */
  readonly tokens?: TokenSigning
  /** Per key; 200 a second and 400 at once unless told. */
  readonly rateLimit?: RateLimit
  /** Over all nodes; absent: there are none. */
  readonly rateLimits?: CallLimits
  readonly version?: string
  readonly health: () => Health
  /** This process among all that the cluster has had. */
  readonly nodeId?: string
  /** Absent: there are none. Without a key they are open. */
  readonly metrics?: { readonly key?: string; read(): Promise<Exposition> }
  readonly dispatch?: ApiDispatch
  /** Without a key the operator routes answer 401 to everybody. */
  readonly operator?: { readonly key?: string; readonly cluster: ApiCluster }
}

/** Told in the OpenAPI document and the status where the caller names no other. */
export const DEFAULT_VERSION = '0.1.0'
