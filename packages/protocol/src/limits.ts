/** Every limit of the wire, in one place. SPEC.md names each; a test stands at each edge. */
export const LIMITS = {
  /** One WebSocket message from a client, UTF-8 bytes. A larger one closes the connection (4001). */
  messageBytes: 131_072,
  /** Frames in one WebSocket message from a client. */
  framesPerMessage: 256,
  /** `body` of one event, UTF-8 bytes of its JSON. */
  bodyBytes: 16_384,
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
  /** Time from the WebSocket's opening to a valid `hello`, in milliseconds. */
  handshakeMs: 10_000,
  /** How far a client's `afterHlc` may be ahead of the database's clock, in milliseconds. */
  maxSkewMs: 60_000,
  /** Age (by the time in its clientId) beyond which a send is refused as `expired`, in milliseconds: 14 days. */
  clientIdMaxAgeMs: 14 * 24 * 3_600_000,
} as const
