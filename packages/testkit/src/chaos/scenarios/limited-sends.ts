/** A limit on what one user may send, over all nodes. */
export interface SendLimit {
  readonly perSecond: number
  readonly burst: number
}

/** For the user and each of its devices alike. */
export const limitedTo = ({ perSecond, burst }: SendLimit): Readonly<Record<string, string>> => ({
  SKEIN_MESSAGES_PER_USER: `${perSecond}/${burst}`,
  SKEIN_MESSAGES_PER_DEVICE: `${perSecond}/${burst}`,
})

/** What all nodes together admit at most within any such span (docs/limits.md). */
export const admittedWithin = ({ perSecond, burst }: SendLimit, spanMs: number): number =>
  Math.ceil(perSecond * (spanMs / 1_000 + 0.5) + burst)
