type Listeners<Events> = { [Name in keyof Events]?: Set<(event: Events[Name]) => void> }

/** Typed events. A listener that throws is the app's fault: it is told by `failed`, the others are still called. */
export class Emitter<Events> {
  readonly #listeners: Listeners<Events> = {}
  readonly #failed: (name: keyof Events, error: unknown) => void

  constructor(failed: (name: keyof Events, error: unknown) => void) {
    this.#failed = failed
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners[name] ?? new Set()
    this.#listeners[name] = listeners
    // Wrapped, so that the same function registered twice is two registrations.
    const call = (event: Events[Name]): void => listener(event)
    listeners.add(call)
    return () => void listeners.delete(call)
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners[name] ?? []) {
      try {
        listener(event)
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }
}
