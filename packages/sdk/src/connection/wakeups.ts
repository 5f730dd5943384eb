import type { Cancel, Runtime } from '@skein/core'

export type Wakeup = 'networkOnline' | 'becameVisible' | 'clockJumped'

const CHECK_EVERY_MS = 5_000
/** The clocks drift apart by so much only when the machine slept or somebody set its clock. */
const JUMP_MS = 3_000

interface Page {
  addEventListener?: (name: string, listener: () => void) => void
  removeEventListener?: (name: string, listener: () => void) => void
  document?: { readonly visibilityState: string } & Page
}

/** Tells when the connection should be doubted: the network came back, the page is seen again, the machine slept. */
export function watchWakeups(runtime: Runtime, wake: (cause: Wakeup) => void): Cancel {
  const cancels = [watchClock(runtime, () => wake('clockJumped'))]
  const page: Page = globalThis
  cancels.push(listen(page, 'online', () => wake('networkOnline')))
  const { document } = page
  if (document !== undefined) {
    const seen = (): void => {
      if (document.visibilityState === 'visible') wake('becameVisible')
    }
    cancels.push(listen(document, 'visibilitychange', seen))
  }
  return () => {
    for (const cancel of cancels) cancel()
  }
}

function listen(target: Page, name: string, listener: () => void): Cancel {
  if (typeof target.addEventListener !== 'function') return () => {}
  target.addEventListener(name, listener)
  return () => target.removeEventListener?.(name, listener)
}

/** Wall and monotonic clock move together, unless the machine sleeps: then the monotonic one may stand still. */
function watchClock({ clock, timers }: Runtime, jumped: () => void): Cancel {
  let offsetMs = clock.now() - clock.monotonicMs()
  let cancel: Cancel = () => {}
  const check = (): void => {
    const nowMs = clock.now() - clock.monotonicMs()
    if (Math.abs(nowMs - offsetMs) > JUMP_MS) jumped()
    offsetMs = nowMs
    cancel = timers.after(CHECK_EVERY_MS, check)
  }
  cancel = timers.after(CHECK_EVERY_MS, check)
  return () => cancel()
}
