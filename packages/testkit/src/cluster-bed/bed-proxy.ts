import { DrivenProxy, type DrivenProxyOptions } from '../proxies/driven-proxy.ts'
import type { ProxyKind } from '../proxies/proxy-binary.ts'

export interface BedProxySettings {
  readonly kind: ProxyKind
  /** Where clients are told that it is. */
  readonly zone: string
}

/** A HAProxy or an NGINX in front of a bed's nodes. */
export class BedProxy {
  readonly driven: DrivenProxy
  readonly #settings: BedProxySettings
  readonly #region: string

  private constructor(driven: DrivenProxy, settings: BedProxySettings, region: string) {
    this.driven = driven
    this.#settings = settings
    this.#region = region
  }

  static async prepare(
    settings: BedProxySettings,
    region: string,
    place: Pick<DrivenProxyOptions, 'port' | 'operatorKey' | 'nodeUrls'>,
  ): Promise<BedProxy> {
    return new BedProxy(await DrivenProxy.prepare({ ...place, kind: settings.kind }), settings, region)
  }

  get kind(): ProxyKind {
    return this.#settings.kind
  }

  get url(): string {
    return `ws://127.0.0.1:${this.driven.port}/v1/connect`
  }

  /** As nodes tell clients of it. */
  get listed(): string {
    return `${this.url};zone=${this.#settings.zone};region=${this.#region}`
  }

  start(): Promise<void> {
    return this.driven.start()
  }

  dispose(): Promise<void> {
    return this.driven.dispose()
  }
}
