/** A node as a proxy in front of it reaches it. */
export interface ProxiedNode {
  readonly name: string
  readonly port: number
}

/** One public port for all nodes. */
export interface FrontProxy {
  readonly port: number
  add(node: ProxiedNode): void
  /** Its process is gone. */
  remove(name: string): void
  close(): Promise<void>
}
