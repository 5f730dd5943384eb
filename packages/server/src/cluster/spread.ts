/** How many go to which node. */
export type Moves = ReadonlyMap<string, number>

export interface Share {
  readonly id: string
  readonly weight: number
}

/**
 * Gives out `count` in proportion to the weights, going on from what was given before, so that many
 * small rounds end as one large would (Webster's method: the next goes where (given + ½) ÷ weight is
 * least). Weights of 0 get nothing.
 */
export function spread(count: number, shares: readonly Share[], before: Moves = new Map()): Moves {
  const open = shares.filter(({ weight }) => weight > 0)
  const moves = new Map<string, number>()
  if (open.length === 0) return moves
  for (let i = 0; i < count; i++) {
    const next = open.reduce((best, share) => (due(share) < due(best) ? share : best))
    moves.set(next.id, (moves.get(next.id) ?? 0) + 1)
  }
  return moves

  function due({ id, weight }: Share): number {
    return ((before.get(id) ?? 0) + (moves.get(id) ?? 0) + 0.5) / weight
  }
}

export function addMoves(one: Moves, other: Moves): Moves {
  const sum = new Map(one)
  for (const [id, count] of other) sum.set(id, (sum.get(id) ?? 0) + count)
  return sum
}

export const countOf = (moves: Moves): number =>
  [...moves.values()].reduce((total, count) => total + count, 0)
