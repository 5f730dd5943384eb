/** Bounds of one node. Each is a named number with a unit; configuration may change them. */
export interface NodeLimits {
  /** Connections at once; one more is told to wait (4400). */
  readonly maxConnections: number
  /** New sessions per second and at once; a returning client counts half. The others are told when to come. */
  readonly acceptPerSecond: number
  readonly acceptBurst: number
  /** A client says something this often; after 2.5 times that it is gone. */
  readonly heartbeatMs: number
  /** Frames per second and at once from one connection; typing and pings included. */
  readonly framesPerSecond: number
  readonly framesBurst: number
  /** A connection that stays too fast for this long is closed (4401). */
  readonly tooFastPatienceMs: number
  /** Sends of one session that wait for their commit. */
  readonly sendsInFlight: number
  /** Requests (sync, history, members) of one session under way. */
  readonly requestsInFlight: number
  /** Unsent bytes of one connection beyond which it is switched to catch-up. */
  readonly slowConsumerBytes: number
  /** Unsent bytes beyond which it is closed: it does not even take answers to its own requests. */
  readonly stuckConsumerBytes: number
  /** Entries and bytes waiting for a commit in one lane; beyond, sends are refused as `overloaded`. */
  readonly laneQueueEntries: number
  readonly laneQueueBytes: number
  /** Entries and bytes in one commit. */
  readonly batchEntries: number
  readonly batchBytes: number
  /** A send that waited this long for its commit is refused as `unavailable`. */
  readonly sendDeadlineMs: number
  /** When everybody has waited longer than this, more comes than can be served: the least important is refused. */
  readonly queueTargetMs: number
  /** How often the log's tail is read; while the bus is down; and at most, when somebody asks for it. */
  readonly tailReadMs: number
  readonly tailReadDownMs: number
  readonly tailPokeMs: number
  /** Newest events that are kept of each live conversation, in events and bytes. */
  readonly tailEvents: number
  readonly tailBytes: number
  /** Events that wait beyond a gap, per conversation. */
  readonly heldEvents: number
}

export const DEFAULT_LIMITS: NodeLimits = {
  maxConnections: 15_000,
  acceptPerSecond: 1_000,
  acceptBurst: 1_000,
  heartbeatMs: 10_000,
  framesPerSecond: 200,
  framesBurst: 1_000,
  tooFastPatienceMs: 10_000,
  sendsInFlight: 256,
  requestsInFlight: 16,
  slowConsumerBytes: 262_144,
  stuckConsumerBytes: 4_194_304,
  laneQueueEntries: 20_000,
  laneQueueBytes: 33_554_432,
  batchEntries: 500,
  batchBytes: 2_097_152,
  sendDeadlineMs: 10_000,
  queueTargetMs: 300,
  tailReadMs: 1_000,
  tailReadDownMs: 250,
  tailPokeMs: 100,
  tailEvents: 64,
  tailBytes: 65_536,
  heldEvents: 1_000,
}
