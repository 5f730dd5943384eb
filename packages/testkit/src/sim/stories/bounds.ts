/** What is promised in each kind of trouble. Sums of what the parts are allowed; see SPEC and the node's limits. */

/** The log's tail is read each second; the rest is a round trip to the database, and the way to the client. */
export const TAIL_DELIVERY_MS = 2_000

/** A client whose node died is live elsewhere: the promise is 1 s. */
export const BACK_MS = 1_000

/** Then what was committed in its absence comes, found by the tail of its new node. */
export const DEATH_DELIVERY_MS = BACK_MS + TAIL_DELIVERY_MS

/** Who connects to a silent node before he knows waits so long for its welcome, behind a proxy; then he goes elsewhere. */
const HANDSHAKE_PATIENCE_MS = 5_000
export const SILENT_BACK_MS = HANDSHAKE_PATIENCE_MS + BACK_MS

/** An idle client finds out after at most so long that its node fell silent. */
export const SILENCE_MS = 15_000
export const SILENT_DELIVERY_MS = SILENCE_MS + DEATH_DELIVERY_MS

/** Who comes back to a node that is about to die again has lost one more second, twice at most. */
export const FLAP_BACK_MS = 3 * BACK_MS

/** After many faults at once: silence to be noticed, and the longest backoff to end. */
const LONGEST_BACKOFF_MS = 10_000
export const HEALED_DELIVERY_MS = SILENT_DELIVERY_MS + LONGEST_BACKOFF_MS

/** Slices of quota are leased for a second and half of that may be unspent: so much more is admitted over any time. */
export const LIMIT_SLACK_MS = 500
/** A send is committed when it is admitted, or a moment later. */
export const USUAL_COMMIT_MS = 100
/** Or after it has waited in its lane, and for a database that hangs. */
export const LONGEST_COMMIT_MS = 25_000

/** Without a list: four places are asked 500 ms apart, an attempt takes 5 s at most, then a backoff and all again. */
export const LISTED_WITHIN_MS = 10_000

/**
 * P6: a send is answered within this, by an acknowledgement or by a moment to come back. Most of it is the
 * first burst, before anybody can know that it is one, in the lane of the one hot conversation.
 */
export const ANSWERED_WITHIN_MS = 5_000

/** A path that fails while others work: no answer for 3 s, confirmed for 3 s, by reports that are 2 s old. */
export const UNREADY_WITHIN_MS = 9_000
/** Then its clients are asked to leave over 10 s, and have 8 s to follow. */
export const EMPTY_WITHIN_MS = UNREADY_WITHIN_MS + 18_000
/** The bus connects anew, and the path proves itself for 2 s. */
export const READY_AGAIN_WITHIN_MS = 10_000
/** From the start of a cluster until all is in place. */
export const CLUSTER_START_MS = 5_000
