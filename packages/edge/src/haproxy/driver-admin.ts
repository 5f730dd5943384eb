import { Gauge, Registry } from 'prom-client'
import type { DrivenEdge } from '../driver/driven-edge.ts'
import { startAdminServer, type AdminServer } from '../metrics/admin-server.ts'
import type { HaproxyDriver } from './haproxy-driver.ts'
import type { SlotView } from './slot-view.ts'

export interface DriverAdminOptions {
  readonly host: string
  readonly port: number
  readonly drivers: readonly HaproxyDriver[]
  readonly edge: Pick<DrivenEdge, 'clusterAgeMs'>
}

/** What the cluster wants and what each proxy does, side by side. */
export interface DriverStatus {
  readonly clusterAgeMs: number | null
  readonly proxies: readonly {
    readonly socket: string
    /** Why it cannot be driven now; null: it can. */
    readonly trouble: string | null
    readonly nodes: readonly SlotView[]
  }[]
}

/** `/status` and `/metrics` of drivers; traffic is counted by HAProxy itself (`stats` of its configuration). */
export function startDriverAdmin({ host, port, drivers, edge }: DriverAdminOptions): Promise<AdminServer> {
  const status = (): DriverStatus => ({
    clusterAgeMs: rounded(edge.clusterAgeMs()),
    proxies: drivers.map((driver) => {
      return { socket: driver.socket, trouble: driver.trouble ?? null, nodes: driver.status() }
    }),
  })
  return startAdminServer({ host, port, registry: metricsOf(drivers, edge), status })
}

const rounded = (ms: number | undefined): number | null => (ms === undefined ? null : Math.round(ms))

function metricsOf(drivers: DriverAdminOptions['drivers'], edge: DriverAdminOptions['edge']): Registry {
  const registry = new Registry()
  const age = new Gauge({
    name: 'skein_edge_cluster_age_seconds',
    help: 'Since the cluster last told who is there.',
    registers: [],
    collect() {
      const ageMs = edge.clusterAgeMs()
      if (ageMs !== undefined) this.set(ageMs / 1_000)
    },
  })
  const driven = new Gauge({
    name: 'skein_edge_proxy_driven',
    help: '1: the proxy at this socket answers and takes what it is told.',
    labelNames: ['socket'],
    registers: [],
    collect() {
      for (const { socket, trouble } of drivers) this.set({ socket }, trouble === undefined ? 1 : 0)
    },
  })
  const weight = new Gauge({
    name: 'skein_edge_proxy_weight',
    help: 'Weight of a node at a proxy, 0-100.',
    labelNames: ['socket', 'node'],
    registers: [],
    collect() {
      this.reset()
      for (const driver of drivers)
        for (const { node, weight: percent } of driver.status())
          if (node !== undefined) this.set({ socket: driver.socket, node }, percent)
    },
  })
  for (const gauge of [age, driven, weight]) registry.registerMetric(gauge)
  return registry
}
