import { OptionError } from '@skein/resilience'
import type { DesiredServer } from '../driver/driver.ts'
import type { ProxyOptions } from '../driver/proxy-options.ts'
import { STRATEGY_MAP } from '../strategy-map.ts'
import { addressOf, block, isPlainHost, nameKey } from './words.ts'

/** By the strategy: where a client that names no node goes. */
export const MAIN_UPSTREAM = 'skein'
/** Everybody; other zones as backups: requests of the API, and clients that their first node did not take. */
export const ANY_UPSTREAM = 'skein_any'
/** Where a handshake goes: `MAIN_UPSTREAM`, or that of the node which the client names. */
export const STEERED = '$skein_upstream'

/**
 * Of methods that hash. `hash … consistent` keeps 160 points of its ring per weight and worker, and `ip_hash`
 * gives so many neighbouring networks to one node.
 */
const HASH_WEIGHT_MAX = 10

/** One connection in a row that fails passes a node over for so long; a client is passed on meanwhile. */
const PASSIVE_CHECK = 'max_fails=1 fail_timeout=2s'

const ZONE_BASE_KIB = 256
const ZONE_KIB_PER_SERVER = 8

/**
 * What changes with the cluster: belongs into the `http` block. All groups share one zone, so that workers
 * count together.
 * @throws OptionError when there is nobody: NGINX refuses an empty group.
 */
export function renderUpstream(
  servers: readonly DesiredServer[],
  { strategy }: Pick<ProxyOptions, 'strategy'>,
): string {
  const known = servers.filter(({ host }) => isPlainHost(host))
  if (known.length === 0)
    throw new OptionError('servers: NGINX needs at least one; name one, or ask a cluster that has nodes')
  const usable = usableOf(known)
  const zone = `zone skein ${ZONE_BASE_KIB + ZONE_KIB_PER_SERVER * known.length}k;`
  const steerable = usable.filter(({ state }) => state === 'ready')
  const lines = [
    ...mainGroup(known, usable, strategy, zone),
    ...anyGroup(known, usable, zone),
    ...steerable.flatMap((server, index) =>
      block(`upstream ${groupOf(index)}`, [zone, `server ${addressOf(server)}${bound(server)};`]),
    ),
    '# Whom a client may name: ?node=NAME. One that is not here does not bind it.',
    ...block(`map $arg_node ${STEERED}`, [
      `default ${MAIN_UPSTREAM};`,
      ...steerable.map(({ name }, index) => `${nameKey(name)} ${groupOf(index)};`),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

const groupOf = (index: number): string => `skein_node_${index}`

/** Those that take clients; when nobody does all others, which may be better than their last word. */
function usableOf(servers: readonly DesiredServer[]): readonly DesiredServer[] {
  const ready = servers.filter(({ state }) => state === 'ready')
  return ready.length > 0 ? ready : servers
}

function mainGroup(
  known: readonly DesiredServer[],
  usable: readonly DesiredServer[],
  strategy: ProxyOptions['strategy'],
  zone: string,
): readonly string[] {
  const { lines, weighted } = STRATEGY_MAP[strategy].nginx
  const takesBackups = lines.length === 0 || lines.includes('least_conn')
  const near = usable.some(({ backup, weight }) => !backup && weight > 0)
  // Methods that hash or pick at random know no backups: there, far nodes come in through the other group.
  const chosen = near && !takesBackups ? known.filter(({ backup }) => !backup) : known
  const members = lines.some((text) => text.includes('hash')) ? coarse(chosen) : chosen
  return block(`upstream ${MAIN_UPSTREAM}`, [
    zone,
    ...lines.map((line) => `${line};`),
    ...members.map((server) => line(server, { usable, weighted, backups: near && takesBackups })),
  ])
}

/** In the smallest whole numbers that keep the proportions, near enough. */
function coarse(servers: readonly DesiredServer[]): readonly DesiredServer[] {
  const most = Math.max(1, ...servers.map(({ weight }) => weight))
  const steps = servers.map(({ weight }) =>
    weight === 0 ? 0 : Math.max(1, Math.round((weight / most) * HASH_WEIGHT_MAX)),
  )
  const divisor = steps.reduce(greatestCommonDivisor, 0)
  return servers.map((server, index) => ({ ...server, weight: (steps[index] ?? 0) / Math.max(1, divisor) }))
}

const greatestCommonDivisor = (one: number, other: number): number =>
  other === 0 ? one : greatestCommonDivisor(other, one % other)

function anyGroup(
  known: readonly DesiredServer[],
  usable: readonly DesiredServer[],
  zone: string,
): readonly string[] {
  const near = usable.some(({ backup, weight }) => !backup && weight > 0)
  return block(`upstream ${ANY_UPSTREAM}`, [
    zone,
    'least_conn;',
    ...known.map((server) => line(server, { usable, weighted: true, backups: near })),
  ])
}

interface InGroup {
  readonly usable: readonly DesiredServer[]
  readonly weighted: boolean
  /** Far nodes wait for when no near one takes anything. */
  readonly backups: boolean
}

function line(server: DesiredServer, { usable, weighted, backups }: InGroup): string {
  const isAnyReady = usable.some(({ state }) => state === 'ready')
  // `weight=0` is no weight to NGINX; who gets nothing is down, which leaves open connections alone.
  const isDown = !usable.some(({ name }) => name === server.name) || (isAnyReady && server.weight === 0)
  const weight = weighted && server.weight > 0 ? ` weight=${server.weight}` : ''
  const backup = backups && server.backup ? ' backup' : ''
  const down = isDown ? ' down' : ''
  return `server ${addressOf(server)}${weight}${bound(server)} ${PASSIVE_CHECK}${backup}${down};${remark(server)}`
}

const bound = ({ maxConnections }: DesiredServer): string =>
  maxConnections > 0 ? ` max_conns=${maxConnections}` : ''

const remark = ({ name, state }: DesiredServer): string =>
  ` # ${encodeURIComponent(name)}${state === 'ready' ? '' : `, ${state}`}`

/** Those that cannot be written into a configuration, to be told. */
export const unwritable = (servers: readonly DesiredServer[]): readonly DesiredServer[] =>
  servers.filter(({ host }) => !isPlainHost(host))
