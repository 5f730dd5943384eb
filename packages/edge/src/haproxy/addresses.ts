import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { DesiredServer } from '../driver/driver.ts'

export interface Placed {
  /** All with an IP address. */
  readonly servers: readonly DesiredServer[]
  /** Left out. */
  readonly nameless: readonly DesiredServer[]
}

/** HAProxy takes addresses only, and nodes may tell names. One that nobody resolves now keeps its last address. */
export class Addresses {
  readonly #resolve: (host: string) => Promise<string>
  #known: ReadonlyMap<string, string> = new Map()

  constructor(resolve = async (host: string): Promise<string> => (await lookup(host)).address) {
    this.#resolve = resolve
  }

  async place(desired: readonly DesiredServer[]): Promise<Placed> {
    const found = new Map<string, string>()
    await Promise.all(
      [...new Set(desired.map(({ host }) => host))].map(async (host) => {
        const address = isIP(host) === 0 ? await this.#addressOf(host) : host
        if (address !== undefined) found.set(host, address)
      }),
    )
    this.#known = found
    const servers: DesiredServer[] = []
    const nameless: DesiredServer[] = []
    for (const server of desired) {
      const host = found.get(server.host)
      if (host === undefined) nameless.push(server)
      else servers.push({ ...server, host })
    }
    return { servers, nameless }
  }

  #addressOf(host: string): Promise<string | undefined> {
    return this.#resolve(host).catch(() => this.#known.get(host))
  }
}
