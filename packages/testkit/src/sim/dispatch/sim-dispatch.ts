import { createPublicKey, verify } from 'node:crypto'
import { randomInt, type Random } from '@skein/core'
import type { DispatchCache, DispatchOptions } from '@skein/sdk'
import { Dispatcher, DispatchSigner, endpointsOfNodes, type ClusterMember } from '@skein/server'
import { saidBy } from '../../dispatch/forge.ts'
import type { FaultCount } from '../faults/fault-kinds.ts'
import type { SimNetwork } from '../network/sim-network.ts'
import type { Actor, VirtualTime } from '../virtual-time.ts'
import { BAD_MOODS, FAULT_OF_MOOD, forgedList, forgeryFor, TRAP, type SimMirrorMood } from './sim-mirror.ts'

/** Soon no longer fresh, so that who loses its connection asks; of use for as long as a story takes. */
const TERMS = { ttlMs: 4_000, staleMs: 600_000 }
/** A mirror in front of the nodes, and one that is asked for at another provider. */
export const MIRRORS = ['mirror-1', 'mirror-2'] as const
export type MirrorName = (typeof MIRRORS)[number]

const MIRROR_MS = 30
const RETRY_AFTER_MS = 2_000

export interface SimDispatchOptions {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly random: Random
  readonly faults: FaultCount
  /** For tests of the simulator: whoever signed it, it holds. */
  readonly believesAll: boolean
}

/** Lists of endpoints in a simulated world: what nodes sign, what mirrors make of it, what clients are told. */
export class SimDispatch {
  readonly #options: SimDispatchOptions
  readonly #signer = DispatchSigner.of({ clusterSecret: 'of the simulated clients of lists' })
  readonly #publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: this.#signer.publicKey },
    format: 'jwk',
  })
  readonly #answers = new Map<string, (heard: (text: string | undefined) => void) => void>()
  readonly #moods = new Map<string, SimMirrorMood>(MIRRORS.map((name) => [name, 'mirroring']))
  /** What a mirror holds that does not ask any more. */
  readonly #kept = new Map<string, string>()
  /** The newest that any node signed. */
  #newest: string | undefined
  /** Who connected to where only a list led that he must not have believed. */
  readonly followers: string[] = []

  constructor(options: SimDispatchOptions) {
    this.#options = options
    options.network.listen(TRAP, (connection) => {
      this.followers.push(connection.remote)
      connection.close(1011, 'a trap')
      return { message() {}, unreadable() {}, drained() {}, closed() {} }
    })
  }

  /** A process answers for its node from now on. */
  serve(address: string, actor: Actor, member: ClusterMember): void {
    const dispatcher = new Dispatcher({
      ...TERMS,
      signer: this.#signer,
      clock: actor.clock,
      endpoints: () => endpointsOfNodes(member.status().nodes),
    })
    this.#answers.set(address, (heard) =>
      actor.reach(() => {
        const text = dispatcher.answer({ zone: '', region: '' })
        if (text !== undefined) this.#newest = text
        heard(text)
      }),
    )
  }

  set(mirror: MirrorName, mood: SimMirrorMood): void {
    if (mood !== 'mirroring') this.#options.faults.add(FAULT_OF_MOOD[mood])
    if (mood === 'stale' && this.#newest !== undefined) this.#kept.set(mirror, this.#newest)
    this.#moods.set(mirror, mood)
  }

  /** Some mirror turns bad, in some way, until what it answers is called. */
  spoil(random: Random): () => void {
    const mirror = MIRRORS[randomInt(random, MIRRORS.length)] ?? 'mirror-1'
    this.set(mirror, BAD_MOODS[randomInt(random, BAD_MOODS.length)] ?? 'down')
    return () => this.set(mirror, 'mirroring')
  }

  heal(): void {
    for (const mirror of MIRRORS) this.set(mirror, 'mirroring')
  }

  /** What a client is told instead of a URL; `nodes` are asked directly, too. */
  optionsFor(client: string, nodes: readonly string[], cache: DispatchCache): DispatchOptions {
    const { network, believesAll } = this.#options
    // As far as this tab knows: another one of the same user may have put a newer one into the cache.
    let held: string | undefined
    return {
      urls: [...MIRRORS.map((name) => `https://${name}`), ...nodes],
      keys: [this.#signer.publicKey],
      cache: {
        load: async () => (held = await cache.load()),
        save: (text) => {
          held = text
          return cache.save(text)
        },
      },
      fetch: (url, { signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('took too long')), { once: true })
          this.#ask(client, url, held, {
            answer: (text) => resolve({ status: 200, text, retryAfterMs: undefined }),
            fail: (status) => resolve({ status, text: '', retryAfterMs: RETRY_AFTER_MS }),
            refuse: () => reject(new Error('nobody answers there')),
          })
        }),
      probe: (endpoint, { signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('took too long')), { once: true })
          network.probe(client, endpoint, (answers) =>
            answers ? resolve() : reject(new Error('nobody listens there')),
          )
        }),
      verify: (signature, message) => believesAll || verify(null, message, this.#publicKey, signature),
    }
  }

  #ask(client: string, url: string, held: string | undefined, tell: Tell): void {
    const mirror = MIRRORS.find((name) => url === `https://${name}`)
    if (mirror === undefined) return this.#askNode(client, url, tell)
    this.#options.time.after(MIRROR_MS, () => this.#askMirror(mirror, held, tell))
  }

  #askMirror(mirror: MirrorName, held: string | undefined, tell: Tell): void {
    const mood = this.#moods.get(mirror) ?? 'mirroring'
    switch (mood) {
      case 'down':
        return tell.refuse()
      case 'failing':
        return tell.fail(503)
      case 'hanging':
        return
      case 'stale': {
        const kept = this.#kept.get(mirror)
        return kept === undefined ? tell.fail(503) : tell.answer(kept)
      }
      case 'forging':
        return this.#forge(held, tell)
      case 'mirroring': {
        // It asks any node that answers at once; one that hangs is not heard.
        const ask = [...this.#answers].find(([address]) => this.#options.network.listens(address))?.[1]
        if (ask === undefined) return this.#newest === undefined ? tell.fail(503) : tell.answer(this.#newest)
        return ask((text) => (text === undefined ? tell.fail(503) : tell.answer(text)))
      }
    }
  }

  #forge(held: string | undefined, tell: Tell): void {
    const { random, faults } = this.#options
    const newest = this.#newest === undefined ? undefined : saidBy(this.#newest)
    const said = (held === undefined ? undefined : saidBy(held)) ?? newest
    if (said === undefined) return tell.fail(503)
    const forgery = forgeryFor(held, random.next())
    faults.add(forgery === 'rolledBack' ? 'dispatchRolledBack' : 'dispatchForged')
    tell.answer(forgedList(forgery, said, this.#signer))
  }

  #askNode(client: string, address: string, tell: Tell): void {
    const { network } = this.#options
    network.probe(client, address, (answers) => {
      if (!answers) return tell.refuse()
      this.#answers.get(address)?.((text) => (text === undefined ? tell.fail(503) : tell.answer(text)))
    })
  }
}

interface Tell {
  readonly answer: (text: string) => void
  readonly fail: (status: number) => void
  readonly refuse: () => void
}
