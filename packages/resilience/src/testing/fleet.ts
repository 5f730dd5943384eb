import { randomInt, type Random } from '@skein/core'
import { endpointOf, type Endpoint, type HeadroomReport } from '../balance/endpoint.ts'
import type { PickRequest, Strategy } from '../balance/strategy.ts'

interface Member {
  endpoint: Endpoint
  connections: number
  sinceReport: number
  report: HeadroomReport | undefined
}

/** For tests: endpoints `n0`, `n1`… of these weights; sessions come, go, and are counted. */
export class Fleet {
  readonly #members: Member[]
  readonly #sessions: Member[] = []

  constructor(weights: readonly number[], known: Partial<Endpoint> = {}) {
    this.#members = weights.map((weight, i) => ({
      endpoint: endpointOf({ id: `n${i}`, weight, ...known }),
      connections: 0,
      sinceReport: 0,
      report: undefined,
    }))
  }

  get endpoints(): Endpoint[] {
    return this.#members.map(({ endpoint, connections, sinceReport, report }) => ({
      ...endpoint,
      connections,
      sinceReport,
      report,
    }))
  }

  get counts(): number[] {
    return this.#members.map(({ connections }) => connections)
  }

  /** The greatest load ÷ fair load, by weight. */
  get maxOverFair(): number {
    const weights = this.#members.reduce((sum, { endpoint }) => sum + endpoint.weight, 0)
    const ratios = this.#members.map(
      ({ endpoint, connections }) => (connections * weights) / (endpoint.weight * this.#sessions.length),
    )
    return Math.max(...ratios)
  }

  arrive(strategy: Strategy, request: PickRequest): string | undefined {
    const id = strategy.pick(this.endpoints, request)?.id
    const member = this.#members.find(({ endpoint }) => endpoint.id === id)
    if (member === undefined) return undefined
    member.connections++
    member.sinceReport++
    this.#sessions.push(member)
    return id
  }

  /** Somebody goes. */
  leave(random: Random): void {
    const [member] = this.#sessions.splice(randomInt(random, this.#sessions.length), 1)
    if (member !== undefined) member.connections--
  }

  /** Everybody reports; each has room for `room` sessions per weight. */
  report(atMs: number, room: number): void {
    for (const member of this.#members) {
      const used = member.connections / (room * member.endpoint.weight)
      const headroom = Math.round(100 * Math.max(0, 1 - used))
      member.report = { headroom, sessions: member.connections, atMs }
      member.sinceReport = 0
    }
  }

  /** How many sessions it had. They are gone too. */
  kill(id: string): number {
    const lost = this.#members.findIndex(({ endpoint }) => endpoint.id === id)
    const [member] = this.#members.splice(lost, 1)
    for (let i = this.#sessions.length; i-- > 0;)
      if (this.#sessions[i] === member) this.#sessions.splice(i, 1)
    return member?.connections ?? 0
  }
}

/** How often each was picked, in the order of the endpoints. */
export function tally(
  strategy: Strategy,
  endpoints: readonly Endpoint[],
  count: number,
  request: PickRequest,
): number[] {
  const times = new Map<string | undefined, number>()
  for (let i = 0; i < count; i++) {
    const id = strategy.pick(endpoints, request)?.id
    times.set(id, (times.get(id) ?? 0) + 1)
  }
  return endpoints.map(({ id }) => times.get(id) ?? 0)
}
