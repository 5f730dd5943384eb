/** Keeps the last good list over reloads. What it gives back is verified like any other. */
export interface DispatchCache {
  load(): Promise<string | undefined>
  save(text: string): Promise<void>
}

export function memoryDispatchCache(): DispatchCache {
  let held: string | undefined
  return {
    load: () => Promise.resolve(held),
    save(text) {
      held = text
      return Promise.resolve()
    },
  }
}

/** The part of `localStorage` that is used. */
export interface KeyValueStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** @param name the key in the storage: one per deployment that the pages of this origin talk to */
export const localStorageDispatchCache = (
  name = 'skein.dispatch',
  storage: KeyValueStorage = globalThis.localStorage,
): DispatchCache => ({
  load: async () => storage.getItem(name) ?? undefined,
  save: async (text) => storage.setItem(name, text),
})

/** Where pages have storage, that; it is missing in workers, and to touch it throws where the user forbade it. */
export function defaultDispatchCache([key = '']: readonly string[]): DispatchCache {
  try {
    // Newer Nodes have a `localStorage` too, which warns when it is touched.
    if ('document' in globalThis) return localStorageDispatchCache(`skein.dispatch.${key}`)
  } catch {
    // Memory it is.
  }
  return memoryDispatchCache()
}
