import type { Timers } from '@skein/core'

/** A node that starts does not wait longer for a registry that is away. */
const PATIENCE_MS = 1_000
const LOOK_MS = 100

/** Another process that the registry holds this node's name for. */
export type Namesake = 'none' | 'dead' | 'lives'

/**
 * Waits for the node to join, but not long: a registry that is away, or that has not yet seen that the
 * predecessor of the same name died, is no reason not to serve. Only a namesake that lives is: then the
 * cluster will refuse this node, and whoever started it should be told.
 */
export async function joinPatiently(
  joined: Promise<void>,
  { timers, namesake }: { readonly timers: Timers; readonly namesake: () => Promise<Namesake> },
): Promise<void> {
  let settled = false
  const done = joined.finally(() => (settled = true))
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    await Promise.race([done, after(timers, LOOK_MS)])
    if (settled) return
    const found = await namesake()
    if (found === 'dead') return
    if (found === 'lives') return joined
  }
}

const after = (timers: Timers, delayMs: number): Promise<void> =>
  new Promise((resolve) => void timers.after(delayMs, resolve))
