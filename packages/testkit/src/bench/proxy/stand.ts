import { randomBytes } from 'node:crypto'
import { freePort } from '../../cluster-bed/free-port.ts'
import { builtModule } from '../../processes/built-module.ts'
import { Child } from '../../processes/child.ts'
import { DrivenProxy } from '../../proxies/driven-proxy.ts'
import type { RealHaproxy } from '../../proxies/real-haproxy.ts'
import type {
  BuiltinAnswer,
  BuiltinCommand,
  LoadAnswer,
  LoadCommand,
  NodesAnswer,
  NodesCommand,
  StandIn,
} from './proxy-commands.ts'

export const CONTENDERS = ['builtin', 'haproxy', 'nginx'] as const
export type Contender = (typeof CONTENDERS)[number]
/** A balancer, or a node without one. */
export type Way = Contender | 'direct'

export interface Front {
  readonly port: number
  /** Of the master. */
  readonly pid: number
}

/** Three balancers, each in a process of its own, before the same nodes (all in one process); clients in another. */
export interface ProxyStand {
  readonly nodes: readonly StandIn[]
  readonly fronts: Readonly<Record<Contender, Front>>
  readonly haproxy: RealHaproxy
  readonly load: Child<LoadCommand, LoadAnswer>
  /** Answers since when. */
  readonly setHeadroom: (node: string, percent: number) => Promise<number>
  readonly accepted: () => Promise<Readonly<Record<string, number>>>
}

const NODES = 4
const KEY_BYTES = 16
/** All nodes are there from the beginning: nobody is to be spared. Reloads: the only one is the first. */
const OPTIONS = { slowStartMs: 0 }

export async function withProxyStand<T>(run: (stand: ProxyStand) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void>)[] = []
  try {
    return await run(await openStand(closers))
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

async function openStand(closers: (() => Promise<void>)[]): Promise<ProxyStand> {
  const child = <Command, Answer extends { readonly done: string }>(name: string): Child<Command, Answer> => {
    const started = new Child<Command, Answer>(builtModule(`bench/proxy/${name}-main.js`), name)
    closers.push(() => started.end())
    return started
  }
  const operatorKey = randomBytes(KEY_BYTES).toString('hex')
  const nodesProcess = child<NodesCommand, NodesAnswer>('nodes')
  const { nodes } = await nodesProcess.request({ do: 'start', nodes: NODES }, 'start')
  const nodeUrls = nodes.map(({ port }) => `http://127.0.0.1:${port}`)
  const builtin = child<BuiltinCommand, BuiltinAnswer>('builtin')
  const builtinFront = await builtin.request({ do: 'start', operatorKey, nodeUrls }, 'start')
  const driven = async (kind: 'haproxy' | 'nginx'): Promise<DrivenProxy> => {
    const port = await freePort()
    const proxy = await DrivenProxy.prepare({
      ...{ kind, port, operatorKey, options: OPTIONS },
      nodeUrls: () => nodeUrls,
    })
    closers.push(() => proxy.dispose())
    await proxy.start()
    return proxy
  }
  const haproxy = await driven('haproxy')
  const nginx = await driven('nginx')
  if (haproxy.haproxy === undefined) throw new Error('HAProxy is not driven')
  return {
    nodes,
    fronts: { builtin: builtinFront, haproxy: await frontOf(haproxy), nginx: await frontOf(nginx) },
    haproxy: haproxy.haproxy,
    load: child<LoadCommand, LoadAnswer>('load'),
    setHeadroom: async (node, percent) =>
      (await nodesProcess.request({ do: 'headroom', node, percent }, 'headroom')).atMs,
    accepted: async () => (await nodesProcess.request({ do: 'accepted' }, 'accepted')).byNode,
  }
}

async function frontOf({ kind, port, proxy }: DrivenProxy): Promise<Front> {
  const pid = await proxy.pid()
  if (pid === undefined) throw new Error(`${kind} does not run`)
  return { port, pid }
}
