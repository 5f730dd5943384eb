export interface WindowPorts {
  /** Milliseconds of a clock with fractions. */
  nowMs(): number
  sleep(ms: number): Promise<void>
}

export interface WindowPlan {
  readonly warmUpMs: number
  readonly measureMs: number
}

/** Warms up, then measures: says when that begins and ends, and how long it really was, in milliseconds. */
export async function measuredWindow(
  { warmUpMs, measureMs }: WindowPlan,
  ports: WindowPorts,
  measuring: (now: boolean) => void,
): Promise<number> {
  await ports.sleep(warmUpMs)
  measuring(true)
  const startMs = ports.nowMs()
  await ports.sleep(measureMs)
  measuring(false)
  return ports.nowMs() - startMs
}
