export const rounded = (figures: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, round(value)]))

/** Three digits after the point below 100, none above: more would be noise. */
const round = (value: number): number =>
  Math.abs(value) < 100 ? Math.round(value * 1_000) / 1_000 : Math.round(value)
