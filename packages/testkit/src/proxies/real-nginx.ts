import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NginxDriver } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { childrenOf, killTree, until, watchPidFile } from './process-tree.ts'
import { neededBinary } from './proxy-binary.ts'
import { START_MS, type RealProxy, type RealProxyPlace } from './real-proxy.ts'

/** NGINX as its driver starts it and keeps it running. */
export class RealNginx implements RealProxy {
  readonly kind = 'nginx'
  readonly driver: NginxDriver
  readonly #folder: string
  readonly #watchdog: ChildProcess

  constructor({ folder, options, onEvent }: RealProxyPlace) {
    this.#folder = folder
    this.#watchdog = watchPidFile(join(folder, 'nginx.pid'))
    this.driver = new NginxDriver({
      proxy: options,
      dir: folder,
      runtime: systemRuntime(),
      binary: neededBinary('nginx'),
      onEvent,
    })
  }

  async pid(): Promise<number | undefined> {
    const text = await readFile(join(this.#folder, 'nginx.pid'), 'utf8').catch(() => '')
    const pid = Number(text)
    if (!Number.isInteger(pid) || pid <= 1) return undefined
    // One that was killed leaves the file behind, and its number may be nobody's (Z, X) or somebody else's by now.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    return /^\d+ \(nginx\) [^ZX]/.test(stat) ? pid : undefined
  }

  async start(): Promise<void> {
    // The driver does, as soon as it knows a node.
  }

  async reload(): Promise<void> {
    const pid = await this.pid()
    if (pid === undefined) throw new Error('NGINX does not run')
    const before = new Set(await childrenOf(pid))
    process.kill(pid, 'SIGHUP')
    await until('NGINX has other workers', START_MS, async () =>
      (await childrenOf(pid)).some((worker) => !before.has(worker)),
    )
  }

  async kill(): Promise<void> {
    const pid = await this.pid()
    if (pid !== undefined) await killTree(pid)
  }

  async dispose(): Promise<void> {
    const pid = await this.pid()
    if (pid !== undefined) process.kill(pid, 'SIGTERM')
    await until('NGINX is gone', START_MS, async () => (await this.pid()) === undefined)
    this.#watchdog.kill('SIGKILL')
  }
}
