import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { DispatchDocument } from '@skein/protocol'
import { forged, FORGERIES, saidBy } from '../../dispatch/forge.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

/** Offline for so long that most ask for a newer list. */
const OFFLINE_MS = 2_500
/** Who knows one address alone waits longer and longer for it. */
const BACKOFF_MS = 12_000
const NEWCOMERS = 10
const JOINED_MS = 8_000
/** One that is older than the one at hand, and not too old by itself. */
const OLDER_MS = 60_000

export const dispatchForged: Scenario = {
  name: 'dispatch-forged',
  about: 'every mirror of the list of endpoints serves another forgery, each of which leads into a trap',
  edges: [{ zone: 'a' }],
  mirrors: FORGERIES.length,
  env: { SKEIN_DISPATCH_TTL_MS: '1000' },
  expect: [gapsWithin(OFFLINE_MS + BACKOFF_MS)],
  async play(stage) {
    const trap = new Trap()
    try {
      await trap.open()
      await stage.pass(2_000)
      stage.fault('the mirrors serve forgeries')
      await forge(stage, trap.url)
      stage.fault(`the edge is away for ${OFFLINE_MS} ms`, 'all')
      await stage.edge.stop()
      await stage.pass(OFFLINE_MS)
      await stage.edge.start()
      stage.say('the edge is back')
      await stage.pass(2_000)
      const newcomers = { count: NEWCOMERS, cached: true, urls: [], withinMs: JOINED_MS }
      const online = await stage.talk.join(newcomers)
      stage.check(`newcomers who kept a list connect, ${online} of ${NEWCOMERS} did`, online === NEWCOMERS)
      await stage.pass(3_000)
      stage.measured('trapped', trap.caught)
      stage.check(`nobody follows a forgery, ${trap.caught} did`, trap.caught === 0)
    } finally {
      await trap.close()
    }
  },
  judge(stage, { warnings }) {
    const refused = Object.entries(warnings).filter(([words]) => words.startsWith('dispatchRefused'))
    stage.measured(
      'refusedLists',
      refused.reduce((sum, [, times]) => sum + times, 0),
    )
    for (const [index, forgery] of FORGERIES.entries()) {
      const url = stage.bed.mirrors[index]?.url ?? forgery
      stage.check(
        `clients warn of ${forgery}`,
        refused.some(([words]) => words.includes(url)),
      )
    }
  },
}

/** Each mirror serves what is good but for its one flaw, and leads into the trap. */
async function forge(stage: Stage, trapUrl: string): Promise<void> {
  const { mirrors, signer } = stage.bed
  const [first] = mirrors
  const document = first === undefined ? undefined : saidBy(await (await fetch(first.url)).text())
  if (document === undefined) throw new Error('the mirrors gave no list to forge')
  const endpoints = document.endpoints.map((endpoint) => ({ ...endpoint, url: trapUrl }))
  const lure = { ...document, endpoints } satisfies DispatchDocument
  const older = { ...lure, issuedAt: lure.issuedAt - OLDER_MS }
  for (const [index, mirror] of mirrors.entries()) {
    const forgery = FORGERIES[index]
    if (forgery === undefined) continue
    mirror.mood = { is: 'serving', text: forged(forgery, forgery === 'rolledBack' ? older : lure, signer) }
  }
}

/** Where nobody should ever connect. */
class Trap {
  readonly #server: Server = createServer((socket) => {
    this.caught++
    socket.on('error', () => undefined)
    socket.destroy()
  })
  caught = 0

  async open(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/connect`
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}
