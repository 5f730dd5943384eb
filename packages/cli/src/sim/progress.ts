import type { SimProgress } from '@skein/testkit'

const EVERY_SEEDS = 100

/** A line now and then: most runs are over before anybody wonders. */
export const progressLine = ({ done, seeds, violations }: SimProgress): string | undefined =>
  done % EVERY_SEEDS === 0 && done < seeds
    ? `${done} of ${seeds} worlds, ${violations} violations`
    : undefined
