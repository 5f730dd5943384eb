import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { DriverEvent } from '../driver/driver.ts'
import { proxyOptions } from '../driver/proxy-options.ts'
import { desiredServer } from '../testing/desired-server.ts'
import { ManualTimers } from '../testing/manual-timers.ts'
import { NginxDriver } from './driver.ts'
import type { Nginx } from './nginx-binary.ts'

let dir: string
let time: ManualTimers
let events: DriverEvent[]

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skein-nginx-'))
  time = new ManualTimers()
  events = []
})
afterEach(() => rm(dir, { recursive: true }))

/** Runs what lies in place as NGINX does: from its start, and from a signal on. */
class FakeNginx implements Nginx {
  running: string | undefined
  refuses: string | undefined
  started = 0
  reloads = 0
  refusalOf = (): Promise<string | undefined> => Promise.resolve(this.refuses)
  generation = (): Promise<string | undefined> => Promise.resolve(this.running)
  async reload(): Promise<undefined> {
    this.reloads += 1
    this.running = await inPlace()
  }
  async start(): Promise<undefined> {
    this.started += 1
    this.running = await inPlace()
  }
}

const inPlace = async (): Promise<string | undefined> =>
  /return 200 (\w+);/.exec(await readFile(join(dir, 'upstream.conf'), 'utf8'))?.[1]

const driverOf = (nginx: Nginx, starts = true): NginxDriver =>
  new NginxDriver({
    proxy: proxyOptions({ listen: { host: '127.0.0.1', port: 7_777 } }),
    ...{ dir, nginx, starts, runtime: { clock: time.clock, timers: time } },
    onEvent: (event) => events.push(event),
  })

const [a, b] = [desiredServer({ name: 'a', port: 1 }), desiredServer({ name: 'b', port: 2 })]

test('it starts NGINX, reloads when a node joins, and not for the same again', async () => {
  const nginx = new FakeNginx()
  const driver = driverOf(nginx)
  await driver.start()
  await driver.apply([a])
  time.nowMs += 10_000
  await driver.apply([a])
  await driver.apply([a, b])
  expect([nginx.started, nginx.reloads]).toEqual([1, 1])
  expect(events.map(({ text }) => text)).toEqual(['started', 'reloaded (membership)'])
})

test('what is refused is not put in place, is told once, and is tried again later', async () => {
  const nginx = new FakeNginx()
  const driver = driverOf(nginx)
  await driver.apply([a])
  const before = await inPlace()
  nginx.refuses = 'host not found'
  for (let second = 0; second < 4; second += 1) {
    time.nowMs += 2_000
    await driver.apply([a, b])
  }
  expect([await inPlace(), nginx.running, nginx.reloads]).toEqual([before, before, 0])
  expect(events.filter(({ kind }) => kind === 'trouble')).toHaveLength(1)
  expect(events.at(-1)?.text).toContain('host not found')
  nginx.refuses = undefined
  time.nowMs += 5_000
  await driver.apply([a, b])
  expect(nginx.reloads).toBe(1)
  expect(events.map(({ kind }) => kind)).toEqual(['done', 'trouble', 'recovered', 'done'])
})

test('NGINX that died is started again, also while the newest configuration is refused', async () => {
  const nginx = new FakeNginx()
  const driver = driverOf(nginx)
  await driver.apply([a])
  nginx.running = undefined
  nginx.refuses = 'no'
  time.nowMs += 5_000
  await driver.apply([a, b])
  expect([nginx.started, nginx.running]).toEqual([2, await inPlace()])
})

test('a driver that comes back finds its work done, and does not reload', async () => {
  const nginx = new FakeNginx()
  await driverOf(nginx).apply([a, b])
  await driverOf(nginx).apply([a, b])
  expect([nginx.started, nginx.reloads]).toEqual([1, 0])
})

test('where somebody else starts NGINX it says how, and an empty cluster changes nothing', async () => {
  const nginx = new FakeNginx()
  const driver = driverOf(nginx, false)
  await driver.apply([])
  await driver.apply([a])
  expect(nginx.started).toBe(0)
  expect(events.map(({ text }) => text)).toEqual([
    'the cluster lists no node; what is known stays',
    `NGINX does not run; start it: nginx -p ${dir} -c ${dir}/nginx.conf`,
  ])
})

test('a directory whose socket would have too long a path is refused', () => {
  const before = dir
  dir = `/${'x'.repeat(120)}`
  expect(() => driverOf(new FakeNginx())).toThrow('dir')
  dir = before
})
