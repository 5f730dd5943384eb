/** Milliseconds since 1970 with fractions: the same in all processes of this machine, and it does not jump. */
export const nowMs = (): number => performance.timeOrigin + performance.now()
