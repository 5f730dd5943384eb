import { Arrivals } from '../arrivals.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const RELOADS = 3
const BETWEEN_MS = 1_200
const ARRIVALS_PER_SECOND = 15
/** The last who came have this long. */
const LET_IN_MS = 1_500

export const edgeReload: Scenario = {
  name: 'edge-reload',
  about: `a HAProxy and an NGINX before the same nodes are reloaded, ${RELOADS} times each`,
  proxies: [
    { kind: 'haproxy', zone: 'a' },
    { kind: 'nginx', zone: 'a' },
  ],
  expect: [gapsWithin(0)],
  async play(stage) {
    const { proxies } = stage.bed
    await stage.pass(1_500)
    const doors = proxies.map(({ kind, url }) => ({ kind, arrivals: new Arrivals(url, ARRIVALS_PER_SECOND) }))
    try {
      await stage.pass(1_000)
      for (let reload = 0; reload < RELOADS; reload++) {
        for (const { kind, driven } of proxies) {
          stage.fault(`${kind} is reloaded`)
          await driven.proxy.reload()
          await stage.pass(BETWEEN_MS)
        }
      }
      await stage.pass(LET_IN_MS)
    } finally {
      for (const { arrivals } of doors) arrivals.stop()
    }
    for (const { kind, arrivals } of doors) {
      const lost = arrivals.seen.filter(({ tookMs }) => tookMs === Infinity).length
      stage.measured(`${kind}Arrivals`, arrivals.seen.length)
      stage.measured(`${kind}HandshakeMsMax`, Math.max(...arrivals.seen.map(({ tookMs }) => tookMs)))
      stage.check(`some came by ${kind}`, arrivals.seen.length > 0)
      stage.check(`everybody who came by ${kind} was let in, ${lost} were not`, lost === 0)
    }
  },
}
