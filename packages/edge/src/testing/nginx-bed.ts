import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriverEvent } from '../driver/driver.ts'
import { proxyOptions, type ProxyOptionsInput } from '../driver/proxy-options.ts'
import { NginxDriver } from '../nginx/driver.ts'
import { readPid } from '../nginx/nginx-binary.ts'
import { freePort, until } from './haproxy-bed.ts'
import { realRuntime } from './real-runtime.ts'

export interface NginxBed extends AsyncDisposable {
  readonly port: number
  readonly dir: string
  readonly events: readonly DriverEvent[]
  readonly driver: NginxDriver
  /** Of the master. */
  pid(): Promise<number>
}

/** A real NGINX on loopback, driven; with old workers that live short, so that reloads may be close. */
export async function nginxBed(given: Omit<ProxyOptionsInput, 'listen'> = {}): Promise<NginxBed> {
  const dir = await mkdtemp(join(tmpdir(), 'skein-nginx-'))
  const port = await freePort()
  const events: DriverEvent[] = []
  const timeouts = { drainMs: 0, hardStopMs: 2_000, ...given.timeouts }
  const listen = { host: '127.0.0.1', port }
  const driver = new NginxDriver({
    proxy: proxyOptions({ strategy: 'smooth-weighted', ...given, timeouts, listen }),
    ...{ dir, runtime: realRuntime(), reloads: { intervalMs: 0 } },
    onEvent: (event) => events.push(event),
  })
  await driver.start()
  const known = async (): Promise<number | undefined> =>
    readPid(await readFile(join(dir, 'nginx.pid'), 'utf8').catch(() => ''))
  return {
    ...{ port, dir, events, driver },
    async pid() {
      const pid = await known()
      if (pid === undefined) throw new Error('NGINX does not run')
      return pid
    },
    async [Symbol.asyncDispose]() {
      await driver.stop()
      const master = await known()
      if (master !== undefined) process.kill(master, 'SIGTERM')
      await until('NGINX is gone', async () => (await known()) === undefined)
      await rm(dir, { recursive: true })
    },
  }
}
