/** WebSocket subprotocol. A change that an older peer cannot read gets a new name. */
export const SUBPROTOCOL = 'skein.v1'

/** Counts compatible additions within `skein.v1`; the hash test asks for a decision here. */
export const PROTOCOL_REVISION = 1
