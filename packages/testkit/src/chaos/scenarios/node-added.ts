import { Arrivals } from '../arrivals.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import { isEven, sessionsText } from './balance.ts'

const HAPROXY_MS = 5_000
const NGINX_MS = 8_000
const BALANCE_MS = 30_000
const ARRIVALS_PER_SECOND = 20
/** The last who came have this long. */
const LET_IN_MS = 1_500

export const nodeAdded: Scenario = {
  name: 'node-added',
  about: 'a third node joins two behind a HAProxy and an NGINX, and gets its share through both',
  nodes: 2,
  proxies: [
    { kind: 'haproxy', zone: 'a' },
    { kind: 'nginx', zone: 'a' },
  ],
  expect: [gapsWithin(0)],
  async play(stage) {
    const [front, behind] = stage.bed.proxies
    const haproxy = front?.driven.haproxy
    if (front === undefined || behind === undefined || haproxy === undefined) return
    await stage.pass(2_000)
    const workerBefore = await haproxy.workerPid()
    const reloadsBefore = behind.driven.events.length
    const doors = [front, behind].map(({ url }) => new Arrivals(url, ARRIVALS_PER_SECOND))
    try {
      stage.fault('a third node starts')
      const { name } = await stage.bed.addNode()
      stage.say(`${name} is ready`)
      const haproxyMs = await stage.until(`HAProxy gives ${name} clients`, HAPROXY_MS, async () => {
        const picked = await haproxy.picked()
        return (picked.get(name) ?? 0) > 0
      })
      stage.measured('haproxyMs', haproxyMs)
      const nginxMs = await stage.until(`NGINX knows ${name}`, NGINX_MS - haproxyMs, () =>
        behind.driven.events.slice(reloadsBefore).some((text) => text.startsWith('reloaded')),
      )
      stage.measured('nginxMs', haproxyMs + nginxMs)
      const balancedMs = await stage.until('the nodes serve about as many each', BALANCE_MS, async () =>
        isEven(await stage.sessionsByNode()),
      )
      stage.measured('balancedMs', balancedMs)
      stage.say(sessionsText(await stage.sessionsByNode()))
      await stage.pass(LET_IN_MS)
    } finally {
      for (const arrivals of doors) arrivals.stop()
    }
    const lost = doors.flatMap(({ seen }) => seen).filter(({ tookMs }) => tookMs === Infinity).length
    stage.check(`everybody who came was let in, ${lost} were not`, lost === 0)
    stage.check('HAProxy was not reloaded', (await haproxy.workerPid()) === workerBefore)
  },
}
