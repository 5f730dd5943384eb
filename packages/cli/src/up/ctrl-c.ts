/** npm hands Ctrl-C on to its child, which the terminal has told already: two signals, one press. */
const SAME_PRESS_MS = 400

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `first` on the first request to stop and `again` on the next one that somebody means. */
export function onStopSignals(first: () => void, again: () => void): () => void {
  let firstMs: number | undefined
  const handler = (): void => {
    if (firstMs === undefined) {
      firstMs = performance.now()
      first()
    } else if (performance.now() - firstMs > SAME_PRESS_MS) {
      again()
    }
  }
  for (const signal of SIGNALS) process.on(signal, handler)
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler)
  }
}
