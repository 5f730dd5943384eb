import type { Timers } from '@skein/core'

/** A node that starts does not wait longer for a registry that is away. */
const PATIENCE_MS = 1_000

/**
 * Waits for the node to join, but not long: a registry that is away, or that has not yet seen that the
 * predecessor of the same name died, is no reason not to serve. Only a namesake that lives is: then the
 * cluster will refuse this node, and whoever started it should be told.
 */
export async function joinPatiently(
  joined: Promise<void>,
  { timers, namesakeLives }: { readonly timers: Timers; readonly namesakeLives: () => Promise<boolean> },
): Promise<void> {
  let late = false
  const patience = new Promise<void>((resolve) => {
    const cancel = timers.after(PATIENCE_MS, () => {
      late = true
      resolve()
    })
    // How it ended is told by `joined` itself.
    joined.then(cancel, cancel)
  })
  await Promise.race([joined, patience])
  if (late && (await namesakeLives())) await joined
}
