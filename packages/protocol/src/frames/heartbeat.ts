import * as z from 'zod/mini'
import { Milliseconds } from '../values.ts'

/** Sent by the client when it has sent nothing for `heartbeatMs`, and whenever it doubts the connection. */
export const Ping = z.object({ t: z.literal('ping'), n: z.int().check(z.nonnegative()) })
export type Ping = z.infer<typeof Ping>

/** Answers the ping with the same `n`. */
export const Pong = z.object({ t: z.literal('pong'), n: z.int().check(z.nonnegative()), at: Milliseconds })
export type Pong = z.infer<typeof Pong>
