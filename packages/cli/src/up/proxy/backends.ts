import { chooseNode, type Choice } from './choose-node.ts'

/** A node that connections can be passed to. */
export interface Backend {
  readonly name: string
  readonly host: string
  readonly port: number
}

interface Known {
  readonly backend: Backend
  ready: boolean
  connections: number
}

/** The nodes behind the proxy. A node that is started again is another backend of the same name. */
export class Backends {
  readonly #known = new Map<string, Known>()

  /** It listens. */
  add(backend: Backend): void {
    this.#known.set(backend.name, { backend, ready: true, connections: 0 })
  }

  /** Its process is gone. */
  remove(name: string): void {
    this.#known.delete(name)
  }

  all(): readonly Backend[] {
    return [...this.#known.values()].map(({ backend }) => backend)
  }

  /** What the node says of itself, or does not. Ignored when it is another process by now. */
  setReady(backend: Backend, ready: boolean): void {
    const known = this.#known.get(backend.name)
    if (known?.backend === backend) known.ready = ready
  }

  choose(choice: Choice): Backend | undefined {
    const candidates = [...this.#known].map(([name, { ready, connections }]) => ({
      name,
      ready,
      connections,
    }))
    const name = chooseNode(candidates, choice)
    return name === undefined ? undefined : this.#known.get(name)?.backend
  }

  /** Counts a connection until the returned function is called. */
  occupy(backend: Backend): () => void {
    const known = this.#known.get(backend.name)
    if (known?.backend !== backend) return () => undefined
    known.connections += 1
    let held = true
    return () => {
      if (held) known.connections -= 1
      held = false
    }
  }

  connectionsOf(name: string): number {
    return this.#known.get(name)?.connections ?? 0
  }
}
