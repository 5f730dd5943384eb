import type { Random } from '@skein/core'

/** The time until something comes that comes at random, once in `mean` on average. */
export const exponential = (random: Random, mean: number): number => -Math.log(1 - random.next()) * mean
