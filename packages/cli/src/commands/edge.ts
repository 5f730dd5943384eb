import { Argument, Option, type Command } from 'commander'
import {
  DEFAULT_EDGE_LIMITS,
  startEdge,
  STRATEGY_NAMES,
  type Edge,
  type EdgeOptions,
  type StrategyName,
} from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { eventLine } from '../edge/event-line.ts'
import { addProxyFlags, proxyOptionsOf, warnOfStrategy, type ProxyFlags } from '../edge/proxy-flags.ts'
import { renderProxy, type RenderFlags } from '../edge/render-proxy.ts'
import { renderHaproxyConfig, runHaproxy, type HaproxyFlags } from '../edge/run-haproxy.ts'
import { addNginxFlags, runNginx, type NginxFlags } from '../edge/run-nginx.ts'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { onStopSignals } from '../up/ctrl-c.ts'
import { hostAndPort, httpUrls, wholeNumber } from './arguments.ts'

const DEFAULT_DRAIN_MS = 10_000
const MOST_CONNECTIONS = 1_000_000

const DRIVERS = ['builtin', 'haproxy', 'nginx'] as const

interface EdgeFlags extends ProxyFlags, HaproxyFlags, NginxFlags {
  readonly driver: (typeof DRIVERS)[number]
  readonly cluster?: readonly string[]
  readonly operatorKey?: string
  readonly strategy: StrategyName
  readonly drainMs: number
}

const HELP = `
It asks any node of the cluster for all of them, each second, and passes clients
on: to the node that they name (?node=NAME), else by the strategy. With
--proxy-protocol the nodes must trust its address (SKEIN_TRUSTED_PROXIES).
With --driver haproxy it drives one that runs, through its socket: nodes come and
go without a reload, and their agents (SKEIN_AGENT_PORT) tell how much each gets.
With --driver nginx it writes an NGINX configuration into --dir, starts NGINX
when none runs there, and reloads it when nodes come, go or shift.
The admin port has /metrics and /status, without a key: keep it to yourself.
More: docs/edge.md`

export function addEdge(program: Command, { terminal, exitWith }: CommandContext): void {
  const edge = program
    .command('edge')
    .description('Run a balancer between clients and the nodes of a cluster.')
    .addOption(new Option('--driver <name>', 'what balances').choices(DRIVERS).default('builtin'))
    .addOption(
      new Option('--listen <host:port>', 'where clients connect to')
        .argParser(hostAndPort)
        .env('SKEIN_EDGE_LISTEN')
        .default({ host: '0.0.0.0', port: 7777 }, '0.0.0.0:7777'),
    )
    .addOption(
      new Option('--cluster <urls>', 'nodes to ask first, separated by commas')
        .argParser(httpUrls)
        .env('SKEIN_EDGE_CLUSTER'),
    )
    .addOption(
      new Option('--operator-key <key>', 'that of the nodes; better given in the environment').env(
        'SKEIN_OPERATOR_KEY',
      ),
    )
    .addOption(strategyOption())
    .addOption(new Option('--zone <name>', 'zone of this edge: near nodes come first').env('SKEIN_ZONE'))
    .addOption(new Option('--region <name>', 'region of this edge').env('SKEIN_REGION'))
    .option('--proxy-protocol', 'tell nodes who the client is (PROXY protocol, version 2)')
    .addOption(adminOption())
    .addOption(
      new Option('--drain-ms <ms>', 'when asked to stop: clients are sent away over this time')
        .argParser(wholeNumber(0, 600_000))
        .default(DEFAULT_DRAIN_MS),
    )
    .addOption(
      new Option(
        '--socket <paths>',
        'of HAProxy: its "stats socket"; of several, separated by commas',
      ).argParser((text) => text.split(',').map((path) => path.trim())),
    )
    .addOption(
      new Option(
        '--state-dir <path>',
        'of HAProxy: what a reload finds again; beside the socket unless told',
      ),
    )
    .addOption(slotsOption('--slots <number>', 'near nodes'))
    .addOption(slotsOption('--far-slots <number>', 'nodes of other zones'))
    .addHelpText('after', HELP)
    .action(async (flags: EdgeFlags, command: Command) => {
      await runDriver(flags, command, terminal)
      exitWith(EXIT.ok)
    })
  addBoundFlags(edge)
  addProxyFlags(edge)
  addNginxFlags(edge)
  addRender(edge, terminal)
}

const addBoundFlags = (edge: Command): Command =>
  edge
    .addOption(
      new Option('--max-connections <number>', 'connections at once')
        .argParser(wholeNumber(1, MOST_CONNECTIONS))
        .default(DEFAULT_EDGE_LIMITS.maxConnections),
    )
    .addOption(
      new Option('--max-per-address <number>', 'connections from one address; 0 for any')
        .argParser(wholeNumber(0, MOST_CONNECTIONS))
        .default(DEFAULT_EDGE_LIMITS.maxPerAddress),
    )

const addRender = (edge: Command, terminal: Terminal): Command =>
  edge
    .command('render')
    .description('Write the configuration of a proxy, and run nothing.')
    .addArgument(new Argument('<proxy>', 'for which').choices(['haproxy', 'nginx']))
    .addOption(new Option('--nodes <list>', 'NAME=HOST:PORT[,…]; else the cluster is asked'))
    .addOption(new Option('-o, --out <file>', 'write it there instead of printing it'))
    .action(async (proxy: 'haproxy' | 'nginx', _flags: unknown, command: Command) => {
      const flags: EdgeFlags & RenderFlags = command.optsWithGlobals()
      const options = await proxyOptionsOf(flags, givenTo(edge))
      warnOfStrategy(options, proxy, terminal)
      if (proxy === 'haproxy') await renderHaproxyConfig(flags, options, terminal)
      else await renderProxy(options, flags, terminal)
    })

const givenTo =
  (command: Command) =>
  (flag: string): boolean =>
    command.getOptionValueSource(flag) !== 'default'

async function runDriver(flags: EdgeFlags, command: Command, terminal: Terminal): Promise<void> {
  switch (flags.driver) {
    case 'builtin':
      return runEdge(flags, terminal)
    case 'haproxy': {
      const { cluster, operatorKey } = clusterOf(flags)
      const options = await proxyOptionsOf(flags, givenTo(command))
      return runHaproxy({ ...flags, cluster, operatorKey }, options, terminal)
    }
    case 'nginx': {
      const { cluster, operatorKey } = clusterOf(flags)
      const options = await proxyOptionsOf(flags, givenTo(command))
      warnOfStrategy(options, flags.driver, terminal)
      return runNginx({ ...flags, cluster, operatorKey }, options, terminal)
    }
  }
}

/** Who is asked for the cluster, and with which key. */
function clusterOf({ cluster, operatorKey, zone, region }: EdgeFlags): {
  readonly cluster: readonly string[]
  readonly operatorKey: string
} {
  if (cluster === undefined)
    throw new CliError(EXIT.usage, 'No cluster: name nodes to ask with --cluster http://HOST:PORT[,…].')
  if (operatorKey === undefined)
    throw new CliError(EXIT.config, 'No operator key: set SKEIN_OPERATOR_KEY to that of the nodes.')
  if ((zone === undefined) !== (region === undefined))
    throw new CliError(EXIT.usage, '--zone and --region belong together; give both or none.')
  return { cluster, operatorKey }
}

const slotsOption = (flag: string, whose: string): Option =>
  new Option(flag, `of render haproxy: places for ${whose}`).argParser(wholeNumber(1, 256))

export const strategyOption = (): Option =>
  new Option('--strategy <name>', 'which node takes a new client')
    .choices(STRATEGY_NAMES)
    .env('SKEIN_EDGE_STRATEGY')
    .default('power-of-two')

export const adminOption = (): Option =>
  new Option('--admin <host:port>', "where the balancer's /metrics and /status are")
    .argParser(hostAndPort)
    .env('SKEIN_EDGE_ADMIN')

async function runEdge(flags: EdgeFlags, terminal: Terminal): Promise<void> {
  const options = edgeOptions(flags, (line) => terminal.err(line))
  const edge = await startEdge(options)
  const asked = new Promise<void>((resolve) => {
    onStopSignals(resolve, () => process.exit(EXIT.failed))
  })
  terminal.out(`The edge listens at ${flags.listen.host}:${edge.port}${adminText(flags, edge)}.`)
  await asked
  terminal.err(`Sending ${edge.status().connections} connections away …`)
  await edge.close(flags.drainMs)
}

const adminText = ({ admin }: EdgeFlags, { adminPort }: Edge): string =>
  admin === undefined ? '' : `; metrics at http://${admin.host}:${adminPort}/metrics`

function edgeOptions(flags: EdgeFlags, say: (line: string) => void): EdgeOptions {
  const { cluster, operatorKey } = clusterOf(flags)
  const { listen, strategy, zone, region, admin } = flags
  const { maxConnections, maxPerAddress, proxyProtocol = false } = flags
  return {
    ...listen,
    runtime: systemRuntime(),
    strategy,
    limits: { maxConnections, maxPerAddress },
    proxyProtocol,
    cluster: { operatorKey, urls: cluster, membership: true },
    onEvent: (event) => say(eventLine(event)),
    ...(zone !== undefined && region !== undefined && { home: { zone, region } }),
    ...(admin !== undefined && { admin }),
  }
}
