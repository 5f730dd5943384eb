import { randomInt, type Random } from '@skein/core'
import { createClient, memoryDispatchCache, type ClientOptions, type DispatchCache } from '@skein/sdk'
import type { HistoryRecorder } from '../history/recorder.ts'
import type { SimDispatch } from './dispatch/sim-dispatch.ts'
import type { SimNetwork } from './network/sim-network.ts'
import { simToken } from './sim-auth.ts'
import { SimProfile } from './sim-profile.ts'
import { seedFrom, type Actor, type VirtualTime } from './virtual-time.ts'
import type { Tab } from './workload.ts'

export interface LiveTab extends Tab {
  readonly user: string
  readonly actor: Actor
}

/** Of the nodes, so many are asked for lists, beside the mirrors. */
const ASKED_DIRECTLY = 2

export interface SimTabsOptions {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly random: Random
  readonly recorder: HistoryRecorder
  readonly urls: readonly string[]
  readonly tokenTtlMs: number
  /** Some of the tabs are told lists. */
  readonly dispatch: { readonly share: number; readonly lists: SimDispatch } | undefined
}

/** All open tabs: SDK instances that can be dropped at any moment, and the profiles that outlive them. */
export class SimTabs {
  readonly #options: SimTabsOptions
  readonly #profiles = new Map<string, SimProfile>()
  readonly #caches = new Map<string, DispatchCache>()
  readonly #live: LiveTab[] = []
  #opened = 0

  constructor(options: SimTabsOptions) {
    this.#options = options
  }

  get live(): readonly LiveTab[] {
    return this.#live
  }

  /** @param isNew on a device that has never been here */
  open(user: string, isNew = false): LiveTab {
    if (isNew) this.#caches.delete(user)
    const { time, network, random, recorder, tokenTtlMs } = this.#options
    const actor = time.actor(seedFrom(random))
    const name = `${user}/${++this.#opened}`
    const client = createClient({
      ...this.#whereTo(name, user),
      user,
      token: () => simToken(user, time.nowMs, tokenTtlMs),
      outbox: this.#profileOf(user).storageFor(name),
      runtime: actor,
      transport: network.transport(name),
    })
    recorder.attach(client, name)
    const tab: LiveTab = { name, user, actor, client }
    this.#live.push(tab)
    return tab
  }

  /** Closes some tab without a word to its SDK and opens another of the same user. */
  reload(told: boolean): boolean {
    const at = randomInt(this.#options.random, this.#live.length)
    const tab = this.#live[at]
    if (tab === undefined) return false
    this.#live.splice(at, 1)
    tab.actor.end()
    this.#options.network.clientGone(tab.name, told)
    const profile = this.#profileOf(tab.user)
    profile.tabGone(tab.name)
    this.#options.recorder.abandon(tab.name, (clientId) => !profile.holds(clientId))
    this.open(tab.user)
    return true
  }

  /** A profile keeps its list over reloads. */
  #whereTo(name: string, user: string): Pick<ClientOptions, 'url' | 'dispatch'> {
    const { urls, dispatch, random } = this.#options
    if (dispatch === undefined || random.next() >= dispatch.share) return { url: urls }
    const cache = this.#caches.get(user) ?? memoryDispatchCache()
    this.#caches.set(user, cache)
    return { dispatch: dispatch.lists.optionsFor(name, urls.slice(0, ASKED_DIRECTLY), cache) }
  }

  settled(): boolean {
    return this.#live.every(({ client }) => client.connection.state === 'online')
  }

  #profileOf(user: string): SimProfile {
    const known = this.#profiles.get(user)
    if (known !== undefined) return known
    const profile = new SimProfile(this.#options.time, this.#options.random)
    this.#profiles.set(user, profile)
    return profile
  }
}
