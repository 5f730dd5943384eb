import * as z from 'zod/mini'

/** Everything that the resume answers with has been sent; what follows is live. */
export const Resumed = z.object({ t: z.literal('resumed') })
export type Resumed = z.infer<typeof Resumed>
