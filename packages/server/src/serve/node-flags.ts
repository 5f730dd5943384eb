/**
 * How Node runs a Skein node. A young generation of constant size: V8 would let it grow to these 16 MB
 * under any load and shrink it when it thinks that the process is idle, which a server with
 * thousands of heartbeats never quite is. So memory follows the number of sessions, and the first
 * burst after a quiet time needs no growing. `bin/skein.mjs` carries the same flags in its first line.
 */
export const NODE_FLAGS: readonly string[] = ['--min-semi-space-size=16']
