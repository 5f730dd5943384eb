import { dirname, join } from 'node:path'
import { OptionError } from '@skein/resilience'
import { bracketed } from '../builtin/ip-address.ts'
import type { ProxyOptions } from '../driver/proxy-options.ts'
import { STRATEGY_MAP } from '../strategy-map.ts'
import { BACKEND, FAR_SLOT, FULL_WEIGHT, NEAR_SLOT, NOWHERE } from './observed.ts'
import { MAP_FILE, STATE_FILE } from './state-files.ts'

export interface HaproxyFiles {
  /** Of the Runtime API. */
  readonly socket: string
  /** Where the driver keeps what a reload reads; next to the socket unless told. */
  readonly stateFolder?: string
  /** Nodes there may be at once, near ones and those of other zones. Those that nobody is in cost nothing. */
  readonly slots?: number
  readonly farSlots?: number
}

const SLOTS = { near: 32, far: 32, most: 256 } as const
/** HAProxy's own room in a buffer of which the rest is for a request's head. */
const REWRITE_BYTES = 1_024
/** What the rates per address are counted over. */
const RATE_WINDOW_SECONDS = 10

/** The whole configuration of an HAProxy (2.4 or newer) before a cluster. Servers come through the Runtime API. */
export function renderHaproxy(options: ProxyOptions, files: HaproxyFiles): string {
  checkPath('socket', files.socket)
  checkPath('stateFolder', stateFolderOf(files))
  const sections = [
    HEAD,
    section('global', globalLines(options, files)),
    section('defaults', defaultsLines(options)),
    ...(options.stats === undefined ? [] : [section('frontend skein-stats', statsLines(options.stats))]),
    section('frontend skein-clients', frontendLines(options)),
    section(`backend ${BACKEND}`, backendLines(options, files)),
    section('backend skein-connections', [tableLine('conn_cur', 'conn_rate')]),
    section('backend skein-requests', [tableLine('conn_cur', 'http_req_rate')]),
  ]
  return sections.join('\n')
}

/** Nothing in it may end a word or a line of the configuration. */
function checkPath(name: string, path: string): void {
  if (/^\/[^\s"'\\;{}#$%]*$/.test(path)) return
  throw new OptionError(
    `${name} must be an absolute path without spaces or quotes, got ${JSON.stringify(path)}`,
  )
}

const HEAD = `# Rendered by "skein edge render haproxy". Servers are not in here: "skein edge --driver haproxy" puts
# nodes into the slots through the socket, and their agents say how much each of them gets.
`

const section = (title: string, lines: readonly string[]): string =>
  `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`

export const stateFolderOf = ({ socket, stateFolder = dirname(socket) }: HaproxyFiles): string => stateFolder

function globalLines({ limits, timeouts }: ProxyOptions, files: HaproxyFiles): readonly string[] {
  return [
    'master-worker',
    'log stdout format raw local0 notice',
    `stats socket ${files.socket} mode 660 level admin expose-fd listeners`,
    `server-state-file ${join(stateFolderOf(files), STATE_FILE)}`,
    '# After a reload WebSockets stay with the old process for so long.',
    `hard-stop-after ${timeouts.hardStopMs}ms`,
    `maxconn ${limits.maxConnections}`,
    `tune.bufsize ${limits.headerBytes + REWRITE_BYTES}`,
    `tune.maxrewrite ${REWRITE_BYTES}`,
    'ssl-default-bind-options ssl-min-ver TLSv1.2',
    'ssl-default-server-options ssl-min-ver TLSv1.2',
  ]
}

function defaultsLines({ timeouts }: ProxyOptions): readonly string[] {
  const { headMs, connectMs, requestMs, tunnelMs } = timeouts
  return [
    'mode http',
    'log global',
    'option dontlognull',
    `timeout http-request ${headMs}ms`,
    `timeout connect ${connectMs}ms`,
    'timeout queue 1s',
    'timeout check 1s',
    `timeout client ${requestMs}ms`,
    `timeout server ${requestMs}ms`,
    `timeout http-keep-alive ${requestMs}ms`,
    '# A WebSocket; a node ends one that is silent for 2.5 heartbeats long before.',
    `timeout tunnel ${tunnelMs}ms`,
    '# One side has ended, the other is silent.',
    'timeout client-fin 30s',
    'timeout server-fin 30s',
    'load-server-state-from-file global',
    'http-error status 503 content-type text/plain string "No node takes clients now." hdr Retry-After 1',
  ]
}

const statsLines = ({ host, port }: { readonly host: string; readonly port: number }): readonly string[] => [
  `bind ${bracketed(host)}:${port}`,
  'http-request use-service prometheus-exporter if { path /metrics }',
  'stats enable',
  'stats uri /',
  'stats refresh 2s',
  'stats show-legends',
]

function frontendLines(options: ProxyOptions): readonly string[] {
  const { listen, tls, limits, trusted, proxyProtocol } = options
  const { maxConnections, bodyBytes } = limits
  const isTrusted = trusted.length > 0
  const direct = isTrusted ? ' unless trusted' : ''
  return [
    `bind ${bracketed(listen.host)}:${listen.port}${tls === undefined ? '' : tlsWords(tls)}`,
    `maxconn ${maxConnections}`,
    ...(isTrusted ? [`acl trusted src ${trusted.join(' ')}`] : []),
    `tcp-request connection track-sc0 src,ipmask(32,64) table skein-connections${isTrusted ? ' unless trusted' : ''}`,
    ...connectionLimits(limits),
    '# Who the client is: believed of trusted proxies only.',
    `http-request del-header X-Forwarded-For${direct}`,
    ...(isTrusted
      ? [
          'http-request set-src req.hdr_ip(x-forwarded-for,-1) if trusted { req.hdr(x-forwarded-for) -m found }',
        ]
      : []),
    'http-request track-sc1 src,ipmask(32,64) table skein-requests',
    ...requestLimits(limits),
    `http-request deny deny_status 413 if { req.hdr_val(content-length) gt ${bodyBytes} }`,
    `http-request set-header X-Forwarded-Proto ${tls === undefined ? 'http' : 'https'}`,
    ...(proxyProtocol ? ['http-request del-header X-Forwarded-For'] : ['option forwardfor']),
    `default_backend ${BACKEND}`,
  ]
}

type Limits = ProxyOptions['limits']

/** Beyond twice what is answered with 429, nothing is answered. 0 is no limit. */
function connectionLimits({ maxPerAddress, connectsPerSecondPerAddress }: Limits): readonly string[] {
  const perWindow = connectsPerSecondPerAddress * RATE_WINDOW_SECONDS
  return [
    ...(maxPerAddress === 0
      ? []
      : [`tcp-request connection reject if { sc0_conn_cur gt ${2 * maxPerAddress} }`]),
    ...(perWindow === 0
      ? []
      : [
          `tcp-request connection reject if { sc0_conn_rate gt ${2 * perWindow} }`,
          tooMany(`sc0_conn_rate gt ${perWindow}`),
        ]),
  ]
}

/** Connections are counted here too, because one of HTTP/2 carries many WebSockets. */
function requestLimits({ maxPerAddress, requestsPerSecondPerAddress }: Limits): readonly string[] {
  const perWindow = requestsPerSecondPerAddress * RATE_WINDOW_SECONDS
  return [
    ...(maxPerAddress === 0 ? [] : [tooMany(`sc1_conn_cur gt ${maxPerAddress}`)]),
    ...(perWindow === 0 ? [] : [tooMany(`sc1_http_req_rate gt ${perWindow}`)]),
  ]
}

const tooMany = (condition: string): string =>
  `http-request deny deny_status 429 hdr Retry-After 1 if { ${condition} }`

function tlsWords(tls: NonNullable<ProxyOptions['tls']>): string {
  checkKey('tls', tls)
  const client = tls.clientCa === undefined ? '' : ` ca-file ${tls.clientCa} verify required`
  return ` ssl crt ${tls.certificate} alpn h2,http/1.1${client}`
}

/** HAProxy looks for the key in the certificate's file, and next to it. */
function checkKey(
  name: string,
  { certificate, key }: { readonly certificate?: string | undefined; readonly key?: string | undefined },
): void {
  if (key === undefined || key === `${certificate}.key`) return
  throw new OptionError(
    `${name}.key: HAProxy reads the key from the certificate's file (cat cert.pem key.pem) or from ${certificate}.key, not from ${key}`,
  )
}

function backendLines(options: ProxyOptions, files: HaproxyFiles): readonly string[] {
  const { strategy, home } = options
  const mapFile = join(stateFolderOf(files), MAP_FILE)
  const near = slotCount('slots', files.slots ?? SLOTS.near)
  const far = home === undefined ? 0 : slotCount('farSlots', files.farSlots ?? SLOTS.far)
  const hint = `url_param(node),map_str(${mapFile}`
  return [
    ...STRATEGY_MAP[strategy].haproxy.lines,
    'option httpchk GET /livez',
    'http-check expect status 200',
    '# A node that dies before it answers: asked again elsewhere, when that can have no effects.',
    'retries 2',
    'option redispatch 1',
    'retry-on conn-failure empty-response response-timeout',
    'http-request disable-l7-retry unless METH_GET',
    ...(far === 0 ? [] : ['option allbackups']),
    '# The steering hint: /v1/connect?node=NAME.',
    `use-server %[${hint},${NEAR_SLOT}0)] if { ${hint}) -m found }`,
    `default-server ${serverWords(options)}`,
    slotLine(NEAR_SLOT, near, ''),
    ...(far === 0 ? [] : [slotLine(FAR_SLOT, far, ' backup')]),
  ]
}

/**
 * A server whose address is a name (that nobody resolves) takes its address from the state file when HAProxy
 * reloads; one whose address is written here would lose what the Runtime API set, and keep the port.
 */
const slotLine = (prefix: string, count: number, more: string): string =>
  `server-template ${prefix} 1-${count} empty.invalid:${NOWHERE.port} init-addr last,${NOWHERE.host} disabled check agent-check${more}`

/**
 * Without `on-marked-down shutdown-sessions`: that would cut WebSockets for what an agent says. A node's slow
 * start is HAProxy's own, or least connections and its kin would send everybody to the newcomer.
 */
function serverWords({ slowStartMs, proxyProtocol, nodeTls }: ProxyOptions): string {
  return [
    `weight ${FULL_WEIGHT}`,
    'inter 1s fastinter 500ms downinter 500ms fall 2 rise 1',
    'agent-addr 127.0.0.1 agent-port 1 agent-inter 500ms',
    ...(slowStartMs === 0 ? [] : [`slowstart ${slowStartMs}ms`]),
    ...(proxyProtocol ? ['send-proxy-v2'] : []),
    ...(nodeTls === undefined ? [] : [nodeTlsWords(nodeTls)]),
  ].join(' ')
}

function nodeTlsWords(nodeTls: NonNullable<ProxyOptions['nodeTls']>): string {
  checkKey('nodeTls', nodeTls)
  const { ca, certificate, serverName } = nodeTls
  return [
    `ssl verify required ca-file ${ca}`,
    ...(certificate === undefined ? [] : [`crt ${certificate}`]),
    ...(serverName === undefined
      ? []
      : [`sni str(${serverName}) check-sni ${serverName} verifyhost ${serverName}`]),
  ].join(' ')
}

function slotCount(name: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= SLOTS.most) return count
  throw new OptionError(`${name} must be a whole number from 1 to ${SLOTS.most}, got ${count}`)
}

const tableLine = (...stored: readonly string[]): string =>
  `stick-table type ipv6 size 100k expire 60s store ${stored.map((name) => (name.endsWith('_rate') ? `${name}(${RATE_WINDOW_SECONDS}s)` : name)).join(',')}`
