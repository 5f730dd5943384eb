import type { BedProxy } from '../../cluster-bed/bed-proxy.ts'
import { gapsWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { Stage } from '../stage.ts'

/** By then every client knows that its connection is gone. */
const NOTICED_MS = 300
const ONLINE_MS = 5_000
const BACK_MS = 10_000
const NEWCOMERS = 5
const JOINED_MS = 8_000

export const edgeKill: Scenario = {
  name: 'edge-kill',
  about: 'a HAProxy and an NGINX before the same nodes die by kill -9, one after the other',
  proxies: [
    { kind: 'haproxy', zone: 'a' },
    { kind: 'nginx', zone: 'a' },
  ],
  expect: [gapsWithin(2_500)],
  async play(stage) {
    await stage.pass(2_000)
    for (const edge of stage.bed.proxies) {
      await killAndWait(stage, edge)
      await stage.pass(1_500)
    }
  },
}

async function killAndWait(stage: Stage, { kind, url, driven }: BedProxy): Promise<void> {
  const { byUrl } = await stage.talk.where()
  stage.say(`${kind} carries ${byUrl[url] ?? 0}`)
  stage.fault(`kill -9 of ${kind} and its workers`, 'all')
  await driven.proxy.kill()
  await stage.pass(NOTICED_MS)
  const onlineMs = await stage.until('everybody is online again', ONLINE_MS, async () => {
    const now = await stage.talk.where()
    return now.offline === 0
  })
  stage.measured(`${kind}OnlineMs`, NOTICED_MS + onlineMs)
  await stage.pass(1_000)
  // NGINX is started by its driver; HAProxy by whoever runs it.
  await driven.proxy.start()
  const backMs = await stage.until(`${kind} serves again`, BACK_MS, () => driven.serves())
  stage.measured(`${kind}BackMs`, backMs)
  const newcomers = { count: NEWCOMERS, cached: false, urls: [url], withinMs: JOINED_MS }
  const online = await stage.talk.join(newcomers)
  stage.check(
    `newcomers come in by the ${kind} that was killed, ${online} of ${NEWCOMERS} did`,
    online === NEWCOMERS,
  )
}
