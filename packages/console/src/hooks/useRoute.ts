import { useSyncExternalStore } from 'react'

const subscribe = (changed: () => void): (() => void) => {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

/** The open conversation stands in the address, so that reload and the phone's back button work. */
export function useRoute(): string | undefined {
  return useSyncExternalStore(subscribe, () => decodeURIComponent(location.hash.slice(1)) || undefined)
}

export const openConversation = (id: string): void => {
  location.hash = encodeURIComponent(id)
}

export const closeConversation = (): void => {
  location.hash = ''
}
