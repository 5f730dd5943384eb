import { Counter, type Registry } from 'prom-client'

export interface NodeCounterOptions {
  readonly name: string
  readonly help: string
  /** What is told beside the node. */
  readonly label: string
  readonly registry: Registry
  /** Before it is read. */
  readonly onRead: () => void
}

/** A counter by node and one more label, that can forget a node. */
export class NodeCounter {
  readonly #counter: Counter
  readonly #label: string
  readonly #values = new Map<string, Set<string>>()

  constructor({ name, help, label, registry, onRead }: NodeCounterOptions) {
    this.#label = label
    this.#counter = new Counter({
      name,
      help,
      labelNames: ['node', label],
      registers: [registry],
      collect: onRead,
    })
  }

  add(node: string, value: string): void {
    const values = this.#values.get(node) ?? new Set()
    this.#values.set(node, values.add(value))
    this.#counter.inc({ node, [this.#label]: value })
  }

  forget(node: string): void {
    for (const value of this.#values.get(node) ?? []) this.#counter.remove({ node, [this.#label]: value })
    this.#values.delete(node)
  }
}
