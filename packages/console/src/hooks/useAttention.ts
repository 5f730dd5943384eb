import { useSyncExternalStore } from 'react'

const EVENTS = ['focus', 'blur'] as const

const subscribe = (changed: () => void): (() => void) => {
  for (const name of EVENTS) window.addEventListener(name, changed)
  document.addEventListener('visibilitychange', changed)
  return () => {
    for (const name of EVENTS) window.removeEventListener(name, changed)
    document.removeEventListener('visibilitychange', changed)
  }
}

/** Whether somebody can be reading: the page is visible and has the focus. */
export const useAttention = (): boolean =>
  useSyncExternalStore(subscribe, () => document.visibilityState === 'visible' && document.hasFocus())
