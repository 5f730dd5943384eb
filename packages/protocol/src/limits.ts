/** Every limit of the wire, in one place. SPEC.md names each; a test stands at each edge. */
export const LIMITS = {
  /** One WebSocket message from a client, UTF-8 bytes. A larger one closes the connection (4001). */
  messageBytes: 131_072,
  /** Frames in one WebSocket message from a client. */
  framesPerMessage: 256,
  /** `body` of one event, UTF-8 bytes of its JSON. */
  bodyBytes: 16_384,
  /** Arrays and objects inside one another in a body, the body itself included: parsers recurse. */
  bodyDepth: 32,
  /** Identifiers of apps, in characters. */
  appIdLength: 32,
  /** Identifiers of users, conversations and requests, in characters. */
  idLength: 128,
  /** A conversation's title, in characters. */
  titleLength: 200,
  /** Members named in one `create` or `member` event. */
  membersPerEvent: 500,
  /** Conversations whose cursors a `resume` may carry; the rest is told anew. */
  cursorsPerResume: 1_000,
  /** Origins in one cursor. */
  originsPerCursor: 64,
  /** Events in one page of `sync` or `history`. */
  pageEvents: 200,
  /** Members in one page of `members`. */
  pageMembers: 200,
  /** Events pushed on a resume, in bytes over all conversations; what is beyond is told as `behind`. */
  resumeBytes: 65_536,
  /** A token, in characters. */
  tokenLength: 8_192,
  /** A URL that a client is told to move to, in characters. */
  urlLength: 2_048,
  /** Time from the WebSocket's opening to a valid `hello`, in milliseconds. */
  handshakeMs: 10_000,
  /** A connection from which nothing came for `heartbeatMs` times this is closed (4201). */
  heartbeatGrace: 2.5,
  /** A client whose send waits this long for its answer pings, and gives up after as long again; milliseconds. */
  pendingProbeMs: 1_500,
  /** How long a client without a pending send waits for a pong before it gives the connection up, in milliseconds. */
  pongMs: 4_000,
  /** A receiver forgets that somebody is typing after this, in milliseconds. */
  typingMs: 6_000,
  /** A client repeats `typing` at most this often, in milliseconds. */
  typingEveryMs: 3_000,
  /** How far a client's `afterHlc` may be ahead of the database's clock, in milliseconds. */
  maxSkewMs: 60_000,
  /** Age (by the time in its clientId) beyond which a send is refused as `expired`, in milliseconds: 14 days. */
  clientIdMaxAgeMs: 14 * 24 * 3_600_000,
  /** A signed dispatch document as it travels, in characters (all ASCII). */
  dispatchBytes: 131_072,
  /** Endpoints in one dispatch document. */
  dispatchEndpoints: 256,
  /** The largest weight of an endpoint. */
  dispatchWeight: 1_000_000,
  /** The longest that a dispatch document is fresh, and the longest that it is stale, in milliseconds: 30 days. */
  dispatchLifeMs: 30 * 24 * 3_600_000,
  /**
   * How far a dispatch document may be ahead of a client's clock, in milliseconds: a day. Devices' clocks are
   * off, by whole time zones too; no list is worse than one that seems to come from tomorrow.
   */
  dispatchAheadMs: 24 * 3_600_000,
  /**
   * How far clocks that are right differ, in milliseconds: a dispatch document that is further ahead does not
   * keep out one that is not.
   */
  dispatchSkewMs: 300_000,
} as const
