import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { proxyOptions, startDrivenEdge, type DrivenEdge, type ProxyOptionsInput } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { until } from './process-tree.ts'
import type { ProxyKind } from './proxy-binary.ts'
import { RealHaproxy } from './real-haproxy.ts'
import { RealNginx } from './real-nginx.ts'
import { START_MS, type RealProxy, type RealProxyPlace } from './real-proxy.ts'

export interface DrivenProxyOptions {
  readonly kind: ProxyKind
  readonly port: number
  readonly options?: Omit<ProxyOptionsInput, 'listen'>
  readonly operatorKey: string
  readonly nodeUrls: () => readonly string[]
}

const HOST = '127.0.0.1'
const OPTIONS = {
  limits: { maxPerAddress: 0, connectsPerSecondPerAddress: 0, requestsPerSecondPerAddress: 0 },
}

/** A real proxy that follows a cluster, as with `skein edge --driver`. */
export class DrivenProxy {
  readonly kind: ProxyKind
  readonly proxy: RealProxy
  readonly haproxy: RealHaproxy | undefined
  /** What its driver told, oldest first. */
  readonly events: string[] = []
  readonly #options: DrivenProxyOptions
  readonly #folder: string
  #edge: DrivenEdge | undefined

  private constructor(options: DrivenProxyOptions, folder: string) {
    this.kind = options.kind
    this.#options = options
    this.#folder = folder
    const place: RealProxyPlace = {
      folder,
      // All clients of a test have one address.
      options: proxyOptions({ ...OPTIONS, ...options.options, listen: { host: HOST, port: options.port } }),
      onEvent: ({ text }) => void this.events.push(text),
    }
    this.haproxy = options.kind === 'haproxy' ? new RealHaproxy(place) : undefined
    this.proxy = this.haproxy ?? new RealNginx(place)
  }

  /** Runs nothing yet. */
  static async prepare(options: DrivenProxyOptions): Promise<DrivenProxy> {
    return new DrivenProxy(options, await mkdtemp(join(tmpdir(), `skein-${options.kind}-`)))
  }

  get port(): number {
    return this.#options.port
  }

  /** Resolves when clients get through to nodes. */
  async start(): Promise<void> {
    const { operatorKey, nodeUrls } = this.#options
    await this.proxy.start()
    this.#edge ??= await startDrivenEdge({
      drivers: [this.proxy.driver],
      cluster: { operatorKey, urls: nodeUrls() },
      runtime: systemRuntime(),
    })
    await this.untilServes(START_MS)
  }

  async untilServes(withinMs: number): Promise<void> {
    await until(`${this.kind} passes requests on; it told: ${this.events.join('; ')}`, withinMs, () =>
      this.serves(),
    )
  }

  async serves(): Promise<boolean> {
    try {
      const response = await fetch(`http://${HOST}:${this.port}/livez`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(1_000),
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }

  async dispose(): Promise<void> {
    await this.#edge?.stop()
    this.#edge = undefined
    await this.proxy.dispose()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
