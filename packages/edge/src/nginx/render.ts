import { OptionError } from '@skein/resilience'
import { bracketed } from '../builtin/ip-address.ts'
import type { ProxyOptions } from '../driver/proxy-options.ts'
import { ANY_UPSTREAM, STEERED } from './render-upstream.ts'
import { block, ms, seconds } from './words.ts'

/** Beside the configuration: it is included by this name. */
export const UPSTREAM_FILE = 'upstream.conf'

/** Where clients of a WebSocket knock; only there they are steered and tried elsewhere. */
const CONNECT_PATH = '/v1/connect'
const RETRY_AFTER_S = 1
/** Tries of one request in one group. */
const TRIES = 2
/** Waiting for `accept`, as the built-in balancer. */
const BACKLOG = 4_096
/** Sockets that are no clients: listeners, logs, requests in flight. */
const SPARE_FILES = 1_024
/** For a client and for its node. */
const FILES_PER_CLIENT = 2
/** Some 160,000 addresses. */
const ADDRESSES_MIB = 10

export interface RenderPlace {
  /** Whose rights workers have, when it is started by root; absent: what the package says. */
  readonly user?: string | undefined
}

/**
 * A whole configuration around what `renderUpstream` writes. Relative paths are beneath the prefix (`-p`).
 * @throws OptionError for what NGINX cannot do, by the option's name.
 */
export function renderNginx(options: ProxyOptions, { user }: RenderPlace = {}): string {
  checkOptions(options)
  const { limits, timeouts } = options
  const files = FILES_PER_CLIENT * limits.maxConnections + SPARE_FILES
  const lines = [
    '# Written by "skein edge"; changes are overwritten. See docs/edge.md.',
    ...(user === undefined ? [] : [`user ${user};`]),
    'worker_processes auto;',
    `worker_rlimit_nofile ${files};`,
    '# Old workers keep their WebSockets for so long after a reload. Below the drain window they would be cut.',
    `worker_shutdown_timeout ${seconds(timeouts.hardStopMs)};`,
    'pid nginx.pid;',
    'error_log error.log warn;',
    ...block('events', [`worker_connections ${files};`]),
    ...block('http', [
      ...general(options),
      ...realClient(options),
      ...limitZones(options),
      'map $http_upgrade $skein_connection { default upgrade; "" ""; }',
      `include ${UPSTREAM_FILE};`,
      ...site(options),
      ...statsSite(options),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

function checkOptions({ timeouts, proxyProtocol, nodeTls }: ProxyOptions): void {
  if (timeouts.hardStopMs <= timeouts.drainMs)
    throw new OptionError(
      `timeouts.hardStopMs must be above timeouts.drainMs (${timeouts.drainMs}), got ${timeouts.hardStopMs}: ` +
        'a reload would cut clients that are being moved',
    )
  if (proxyProtocol)
    throw new OptionError(
      'proxyProtocol: NGINX cannot send it to nodes; leave it off, and they read X-Forwarded-For instead',
    )
  if (nodeTls !== undefined && nodeTls.serverName === undefined)
    throw new OptionError(
      'nodeTls.serverName is needed: NGINX checks one name for all nodes; put it into their certificates',
    )
}

const general = ({ limits, timeouts }: ProxyOptions): readonly string[] => [
  'access_log off;',
  'server_tokens off;',
  'default_type application/octet-stream;',
  ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind}_temp;`),
  `client_header_timeout ${ms(timeouts.headMs)};`,
  `client_body_timeout ${ms(timeouts.headMs)};`,
  `large_client_header_buffers 4 ${Math.ceil(limits.headerBytes / 1_024)}k;`,
  `client_max_body_size ${limits.bodyBytes};`,
  'reset_timedout_connection on;',
]

const realClient = ({ trusted, acceptProxyProtocol }: ProxyOptions): readonly string[] =>
  trusted.length === 0
    ? []
    : [
        '# Whose word on the client is believed.',
        ...trusted.map((range) => `set_real_ip_from ${range};`),
        `real_ip_header ${acceptProxyProtocol ? 'proxy_protocol' : 'X-Forwarded-For'};`,
        'real_ip_recursive on;',
      ]

/** Clients count by address, those of IPv6 by /64; this machine and trusted proxies do not count. */
function limitZones({ limits, trusted }: ProxyOptions): readonly string[] {
  const rate = (name: string, perSecond: number): readonly string[] =>
    perSecond === 0
      ? []
      : [`limit_req_zone $skein_client zone=${name}:${ADDRESSES_MIB}m rate=${perSecond}r/s;`]
  return [
    ...block('geo $skein_counts', [
      'default 1;',
      ...[...new Set(['127.0.0.0/8', '::1', ...trusted])].map((range) => `${range} 0;`),
    ]),
    ...block('map $remote_addr $skein_network', [
      'default $remote_addr;',
      String.raw`"~^::ffff:[0-9.]+$" $remote_addr;`,
      '"~^(?<skein_groups>([0-9a-f]+:){4})" $skein_groups;',
      '"~^(?<skein_head>[0-9a-f:]*::)" $skein_head;',
    ]),
    'map $skein_counts $skein_client { 1 $skein_network; default ""; }',
    'limit_conn_zone $server_port zone=skein_all:1m;',
    `limit_conn_zone $skein_client zone=skein_clients:${ADDRESSES_MIB}m;`,
    ...rate('skein_connects', limits.connectsPerSecondPerAddress),
    ...rate('skein_requests', limits.requestsPerSecondPerAddress),
  ]
}

function site(options: ProxyOptions): readonly string[] {
  const { limits, timeouts } = options
  return block('server', [
    ...listener(options),
    'limit_conn_status 429;',
    'limit_req_status 429;',
    `limit_conn skein_all ${limits.maxConnections};`,
    ...(limits.maxPerAddress === 0 ? [] : [`limit_conn skein_clients ${limits.maxPerAddress};`]),
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header Upgrade $http_upgrade;',
    'proxy_set_header Connection $skein_connection;',
    '# Never what a client says of itself: the address that was believed above.',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header Forwarded "";',
    ...nodeTls(options),
    `proxy_connect_timeout ${ms(timeouts.connectMs)};`,
    'proxy_socket_keepalive on;',
    'proxy_next_upstream error timeout;',
    `proxy_next_upstream_tries ${TRIES};`,
    ...block(`location = ${CONNECT_PATH}`, [
      ...rates(limits, ['connects', 'requests']),
      ...tunnel(options),
      // NGINX asks one named place after the other only when told so.
      'recursive_error_pages on;',
      'error_page 502 504 = @any;',
      `proxy_pass ${schemeOf(options)}://${STEERED};`,
    ]),
    ...block('location @any', [
      ...tunnel(options),
      'recursive_error_pages on;',
      'error_page 502 504 = @nobody;',
      `proxy_pass ${schemeOf(options)}://${ANY_UPSTREAM};`,
    ]),
    ...block('location @nobody', [`add_header Retry-After ${RETRY_AFTER_S} always;`, 'return 503;']),
    ...block('location /', [
      ...rates(limits, ['requests']),
      `proxy_read_timeout ${ms(timeouts.requestMs)};`,
      `proxy_pass ${schemeOf(options)}://${ANY_UPSTREAM};`,
    ]),
  ])
}

function listener({ listen, tls, acceptProxyProtocol }: ProxyOptions): readonly string[] {
  const words = [
    `${bracketed(listen.host)}:${listen.port}`,
    `backlog=${BACKLOG}`,
    ...(tls === undefined ? [] : ['ssl']),
    ...(acceptProxyProtocol ? ['proxy_protocol'] : []),
  ]
  return [`listen ${words.join(' ')};`, ...(tls === undefined ? [] : clientTls(tls))]
}

const clientTls = ({
  certificate,
  key = certificate,
  clientCa,
}: NonNullable<ProxyOptions['tls']>): readonly string[] => [
  `ssl_certificate ${certificate};`,
  `ssl_certificate_key ${key};`,
  'ssl_protocols TLSv1.2 TLSv1.3;',
  'ssl_session_cache shared:skein_tls:10m;',
  ...(clientCa === undefined ? [] : [`ssl_client_certificate ${clientCa};`, 'ssl_verify_client on;']),
]

const schemeOf = ({ nodeTls: tls }: ProxyOptions): string => (tls === undefined ? 'http' : 'https')

function nodeTls({ nodeTls: tls }: ProxyOptions): readonly string[] {
  if (tls === undefined) return []
  const { ca, certificate, key = certificate, serverName } = tls
  return [
    `proxy_ssl_trusted_certificate ${ca};`,
    'proxy_ssl_verify on;',
    'proxy_ssl_verify_depth 3;',
    'proxy_ssl_server_name on;',
    `proxy_ssl_name ${serverName};`,
    ...(certificate === undefined
      ? []
      : [`proxy_ssl_certificate ${certificate};`, `proxy_ssl_certificate_key ${key};`]),
  ]
}

/** The default of 60 s would cut WebSockets on which nobody says anything. */
const tunnel = ({ timeouts }: ProxyOptions): readonly string[] => [
  `proxy_read_timeout ${ms(timeouts.tunnelMs)};`,
  `proxy_send_timeout ${ms(timeouts.tunnelMs)};`,
]

/** A burst of a second at once, then evenly. */
function rates(
  limits: ProxyOptions['limits'],
  kinds: readonly ('connects' | 'requests')[],
): readonly string[] {
  const perSecond = {
    connects: limits.connectsPerSecondPerAddress,
    requests: limits.requestsPerSecondPerAddress,
  }
  return kinds
    .filter((kind) => perSecond[kind] > 0)
    .map((kind) => `limit_req zone=skein_${kind} burst=${perSecond[kind]} nodelay;`)
}

const statsSite = ({ stats }: ProxyOptions): readonly string[] =>
  stats === undefined
    ? []
    : block('server', [
        `listen ${bracketed(stats.host)}:${stats.port};`,
        ...block('location = /status', ['stub_status;']),
        ...block('location /', ['return 404;']),
      ])
