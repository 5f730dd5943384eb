/** A node as the proxy sees it. */
export interface Candidate {
  readonly name: string
  readonly ready: boolean
  /** Through this proxy, now. */
  readonly connections: number
}

export interface Choice {
  /** The node that the client asks for. */
  readonly wanted: string | undefined
  /** Those that could not be reached for this connection. */
  readonly tried: ReadonlySet<string>
  /** Uniform in [0, 1): among equals. */
  readonly roll: number
}

/**
 * The node that takes a new connection: the wanted one, else the one with the fewest. One that is not
 * ready is taken when no ready one is left: it may be better than its last answer, and nothing is worse
 * than no node.
 */
export function chooseNode(
  candidates: readonly Candidate[],
  { wanted, tried, roll }: Choice,
): string | undefined {
  const left = candidates.filter(({ name }) => !tried.has(name))
  const ready = left.filter((candidate) => candidate.ready)
  const usable = ready.length > 0 ? ready : left
  if (wanted !== undefined && usable.some(({ name }) => name === wanted)) return wanted
  const fewest = Math.min(...usable.map(({ connections }) => connections))
  const best = usable.filter(({ connections }) => connections === fewest)
  return best[Math.floor(roll * best.length)]?.name
}
