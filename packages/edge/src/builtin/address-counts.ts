import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { plainAddress, v6Network } from '@skein/core'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const isLoopback = (address: string): boolean =>
  (isIPv4(address) && loopback.check(address, 'ipv4')) || (isIPv6(address) && loopback.check(address, 'ipv6'))

/** Connections per client address; of IPv6, per /64: one customer has as many addresses there as he likes. */
export class AddressCounts {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  /** @param most 0: any number */
  constructor(most: number) {
    this.#most = most
  }

  /** False: it has enough. Whoever sits on this machine is never counted: it may be a proxy, or a person at work. */
  enter(address: string): boolean {
    const key = this.#keyOf(address)
    if (key === undefined) return true
    const count = this.#counts.get(key) ?? 0
    if (count >= this.#most) return false
    this.#counts.set(key, count + 1)
    return true
  }

  leave(address: string): void {
    const key = this.#keyOf(address)
    if (key === undefined) return
    const count = this.#counts.get(key) ?? 0
    if (count <= 1) this.#counts.delete(key)
    else this.#counts.set(key, count - 1)
  }

  get addresses(): number {
    return this.#counts.size
  }

  #keyOf(address: string): string | undefined {
    const plain = plainAddress(address)
    if (this.#most === 0 || isLoopback(plain)) return undefined
    return v6Network(plain) ?? plain
  }
}
