import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { whyNoProxies } from '../proxies/proxy-binary.ts'
import { gapsWithin } from './expectations.ts'
import { runChaos } from './run-chaos.ts'
import type { Scenario } from './scenario.ts'
import { relativeWeight, steal } from './scenarios/weights-shift.ts'
import type { Stage } from './stage.ts'

const program = {
  module: fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url)),
  args: ['node'],
}

const ELSEWHERE_MS = 6_000
const SHIFTED_MS = 6_000
/** Of the mean of the others. */
const LESS = 0.7
const DRAIN_MS = 2_000
const DRAINED_MS = 8_000
const BACK_MS = 5_000
const HOME_SHARE = 0.8
/** At once; but whose probes the machine held up looks twice for the way home, up to 90 s apart, and goes within 30 s. */
const HOME_MS = 240_000

const layered: Scenario = {
  name: 'layered',
  about: 'clients choose an edge, edges choose a node, nodes shed: each layer loses one',
  nodes: 4,
  proxies: [
    { kind: 'haproxy', zone: 'a' },
    { kind: 'haproxy', zone: 'a' },
    { kind: 'nginx', zone: 'b' },
  ],
  mirrors: 1,
  env: { SKEIN_DISPATCH_TTL_MS: '1000' },
  expect: [gapsWithin(3_000)],
  async play(stage) {
    const [killed, near, far] = stage.bed.proxies
    const [busy, witness, , leaving] = stage.bed.nodes
    const haproxy = near?.driven.haproxy
    if (killed === undefined || near === undefined || far === undefined || haproxy === undefined) return
    if (busy === undefined || witness === undefined || leaving === undefined) return
    await stage.pass(1_500)
    await stage.until('clients are at the edges of their zone', HOME_MS, async () => {
      const { byUrl } = await stage.talk.where()
      const all = Object.values(byUrl).reduce((sum, count) => sum + count, 0)
      const home = (byUrl[killed.url] ?? 0) + (byUrl[near.url] ?? 0)
      return home >= all * HOME_SHARE
    })

    stage.fault('kill -9 of a HAProxy', 'all')
    await killed.driven.proxy.kill()
    await stage.until('everybody comes by another edge', ELSEWHERE_MS, async () => {
      const now = await stage.talk.where()
      return now.offline === 0 && now.byUrl[killed.url] === undefined
    })

    stage.fault(`${busy.name} has half of its processor`)
    const isOver = new AbortController()
    const stolen = stealUntil(stage, busy, isOver.signal)
    try {
      await stage.until(`the HAProxy that is left gives ${busy.name} less`, SHIFTED_MS, async () => {
        return (await relativeWeight(haproxy, busy.name)) <= LESS
      })
      stage.fault(`${leaving.name} is drained`)
      stage.check('the drain is taken on', (await witness.drain(leaving.name, DRAIN_MS)) < 300)
      await stage.until(`nobody is on ${leaving.name} any more`, DRAINED_MS, async () => {
        const sessions = await stage.sessionsByNode()
        return sessions.get(leaving.name) === 0
      })
    } finally {
      isOver.abort()
      await stolen
    }
    await killed.driven.proxy.start()
    await stage.until('the HAProxy that was killed serves again', BACK_MS, () => killed.driven.serves())
    await stage.pass(1_000)
  },
}

async function stealUntil(
  stage: Stage,
  node: Parameters<typeof steal>[1],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) await steal(stage, node)
}

test.skipIf(whyNoProxies(['haproxy', 'nginx']) !== undefined)(
  `${layered.about}, and every promise holds`,
  async () => {
    const { failures, violations, figures } = await runChaos(layered, { seed: 1, program })
    expect({ failures, violations }).toEqual({ failures: [], violations: [] })
    expect(figures.sends).toBeGreaterThan(100)
  },
  HOME_MS + 60_000,
)
