/** WebSocket subprotocol. A change that an older peer cannot read gets a new name. */
export const SUBPROTOCOL = 'skein.v1'

/** Counts compatible additions within `skein.v1`; the hash test asks for a decision here. */
export const PROTOCOL_REVISION = 2

/**
 * Of all schemas, limits and codes as of that revision. `version.test.ts` computes it anew: when it
 * differs, decide about the revision first (SPEC, VER1), then record the new one here.
 */
export const PROTOCOL_FINGERPRINT = '1637552f81a391ca'
