import type { StrategyName } from '@skein/resilience'

export const EDGE_DRIVERS = ['builtin', 'haproxy', 'nginx'] as const

export type EdgeDriverName = (typeof EDGE_DRIVERS)[number]

/** A strategy as a driver does it. */
export interface StrategyMapping {
  /** Of the proxy's configuration, each without its end; none: it is what the proxy does anyhow. */
  readonly lines: readonly string[]
  /** Whether weights, and so headroom, say who gets more. */
  readonly weighted: boolean
  /** What an operator would be surprised by, in a sentence; absent: it is the same. */
  readonly differs?: string
}

const SAME: StrategyMapping = { lines: [], weighted: true }
const SAME_UNWEIGHTED: StrategyMapping = { lines: [], weighted: false }

const RECOUNTED = 'after a reload NGINX counts connections from zero'
const BY_RELOAD = 'weights follow headroom by reloads, so in steps'
const NO_RESPONSE_TIMES = 'of two nodes at random the one with fewer connections; response times do not count'

/** Nine strategies, three drivers; docs/edge.md has the same table. */
export const STRATEGY_MAP: Readonly<Record<StrategyName, Readonly<Record<EdgeDriverName, StrategyMapping>>>> =
  {
    'round-robin': {
      builtin: SAME_UNWEIGHTED,
      haproxy: {
        lines: ['balance roundrobin'],
        weighted: true,
        differs: 'weights from the agent-check apply: a node with less headroom gets less',
      },
      nginx: SAME_UNWEIGHTED,
    },
    'smooth-weighted': {
      builtin: SAME,
      haproxy: { lines: ['balance roundrobin'], weighted: true },
      nginx: { lines: [], weighted: true, differs: BY_RELOAD },
    },
    'least-connections': {
      builtin: SAME_UNWEIGHTED,
      haproxy: {
        lines: ['balance leastconn'],
        weighted: true,
        differs: 'connections are divided by the weight from the agent-check',
      },
      nginx: { lines: ['least_conn'], weighted: false, differs: RECOUNTED },
    },
    'weighted-least-connections': {
      builtin: SAME,
      haproxy: { lines: ['balance leastconn'], weighted: true },
      nginx: { lines: ['least_conn'], weighted: true, differs: `${RECOUNTED}, and ${BY_RELOAD}` },
    },
    'power-of-two': {
      builtin: SAME,
      haproxy: {
        lines: ['balance random(2)'],
        weighted: true,
        differs:
          'of two nodes at random the one with fewer connections for its weight; headroom is the weight',
      },
      nginx: {
        lines: ['random two least_conn'],
        weighted: true,
        differs: `of two nodes at random the one with fewer connections; headroom is the weight, and ${BY_RELOAD}`,
      },
    },
    'peak-ewma': {
      builtin: SAME,
      haproxy: { lines: ['balance random(2)'], weighted: true, differs: NO_RESPONSE_TIMES },
      nginx: { lines: ['random two least_conn'], weighted: true, differs: NO_RESPONSE_TIMES },
    },
    'client-ip-hash': {
      builtin: SAME,
      haproxy: {
        lines: ['balance source', 'hash-type consistent'],
        weighted: true,
        differs: 'the whole address counts, not its network',
      },
      nginx: {
        lines: ['ip_hash'],
        weighted: true,
        differs:
          'of IPv6 the whole address counts, and when a node joins or leaves most clients change nodes',
      },
    },
    'consistent-hash': {
      builtin: SAME,
      haproxy: {
        lines: ['balance source', 'hash-type consistent', 'hash-balance-factor 125'],
        weighted: true,
      },
      nginx: {
        lines: ['hash $remote_addr consistent'],
        weighted: true,
        differs: 'without a bound: a node with many clients of one address is not passed over',
      },
    },
    sticky: {
      builtin: SAME,
      haproxy: {
        lines: ['balance random(2)', 'stick-table type ipv6 size 100k expire 1h', 'stick on src'],
        weighted: true,
        differs: 'who is new is placed by connections for the weight',
      },
      nginx: {
        lines: ['hash $remote_addr consistent'],
        weighted: true,
        differs:
          'by a hash of the address, not by memory: some clients change when a node joins or its weight does',
      },
    },
  }

/** What to tell whoever chose `strategy` for this driver; undefined: nothing, it is the same. */
export function strategyWarning(strategy: StrategyName, driver: EdgeDriverName): string | undefined {
  const { lines, differs } = STRATEGY_MAP[strategy][driver]
  if (differs === undefined) return undefined
  const as = lines.length === 0 ? 'its round robin' : `"${lines.join('; ')}"`
  return `${driver} does ${strategy} as ${as}: ${differs}.`
}

const TITLES = { builtin: 'built-in', haproxy: 'HAProxy', nginx: 'NGINX' } as const satisfies Record<
  EdgeDriverName,
  string
>

/** The table of docs/edge.md: `≈` where it is not quite the same, and why. */
export function strategyTable(): string {
  const rows = Object.entries(STRATEGY_MAP).map(([strategy, drivers]) => {
    const cells = EDGE_DRIVERS.map((driver) => cell(driver, drivers[driver]))
    return `| \`${strategy}\` | ${cells.join(' | ')} |`
  })
  const head = ['strategy', ...EDGE_DRIVERS.map((driver) => TITLES[driver])]
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n')
}

function cell(driver: EdgeDriverName, { lines, differs }: StrategyMapping): string {
  if (driver === 'builtin') return 'yes'
  const as = lines.length === 0 ? 'its round robin' : lines.map((line) => `\`${line}\``).join(', ')
  return differs === undefined ? as : `≈ ${as}: ${differs}`
}
