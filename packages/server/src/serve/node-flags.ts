/**
 * How Node runs a Skein node, so that its memory follows the number of sessions.
 *
 * - The young generation has a constant size: V8 would let it grow to these 16 MB under any load and
 *   shrink it when it thinks that the process is idle, which a server with thousands of heartbeats never quite is.
 *
 * `bin/skein.mjs` carries the same flags in its first line.
 */
export const NODE_FLAGS: readonly string[] = ['--min-semi-space-size=16']
