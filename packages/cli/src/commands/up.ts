import { Option, type Command } from 'commander'
import { relative } from 'node:path'
import { EXIT } from '../exit-codes.ts'
import type { CommandContext } from '../program.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { onStopSignals } from '../up/ctrl-c.ts'
import { DEFAULT_DATA } from '../up/data-directory.ts'
import { startUp, type Running, type UpOptions } from '../up/up.ts'
import { wholeNumber } from './arguments.ts'
import { adminOption, strategyOption } from './edge.ts'

export const DEFAULT_PORT = 7777
const DEFAULT_NODES = 3
/** Each holds about 14 connections to the database, and the embedded one takes 120. */
const MOST_NODES = 7

interface UpFlags extends Omit<UpOptions, 'redisUrl'> {
  readonly redis?: string
}

const HELP = `
The nodes are called node-1, node-2, …; one that dies is started again. A client
goes to the node that the strategy picks, or to the one that it names:
ws://127.0.0.1:7777/v1/connect?node=node-2. See them with skein status, move the
clients of one to the others with skein drain node-2.

It listens on 127.0.0.1 only. For anything that others use, run skein node.`

export function addUp(program: Command, { terminal, exitWith }: CommandContext): void {
  program
    .command('up')
    .description('Run all of Skein on this machine: database, a cluster of nodes, demo page.')
    .addOption(
      new Option('-p, --port <port>', 'port of the page and the API; 0 for any')
        .argParser(wholeNumber(0, 65_535))
        .env('SKEIN_PORT')
        .default(DEFAULT_PORT),
    )
    .addOption(
      new Option('-n, --nodes <number>', 'node processes behind that port')
        .argParser(wholeNumber(1, MOST_NODES))
        .env('SKEIN_NODES')
        .default(DEFAULT_NODES),
    )
    .addOption(
      new Option('--redis <url>', 'a Redis ≥ 7 for what nodes tell each other, instead of PostgreSQL').env(
        'SKEIN_REDIS_URL',
      ),
    )
    .addOption(
      new Option('--data <directory>', 'where everything is kept').env('SKEIN_DATA').default(DEFAULT_DATA),
    )
    .addOption(
      new Option('--database-url <url>', 'a PostgreSQL ≥ 15 of your own instead of the embedded one').env(
        'DATABASE_URL',
      ),
    )
    .addOption(strategyOption())
    .addOption(adminOption())
    .addOption(
      new Option('--log-level <level>', "what goes into the node's log")
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .env('SKEIN_LOG_LEVEL')
        .default('info'),
    )
    .addHelpText('after', HELP)
    .action(async ({ databaseUrl = process.env['SKEIN_DATABASE_URL'], redis, ...options }: UpFlags) => {
      const given = {
        ...(databaseUrl !== undefined && { databaseUrl }),
        ...(redis !== undefined && { redisUrl: redis }),
      }
      await upUntilStopped({ ...options, ...given }, terminal)
      exitWith(EXIT.ok)
    })
}

async function upUntilStopped(options: UpOptions, terminal: Terminal): Promise<void> {
  const stop = stopRequest(terminal)
  const started = performance.now()
  const starting = startUp(options, terminal)
  stop.kills(starting)
  const running = await starting
  for (const line of banner(running, options, performance.now() - started, terminal)) terminal.out(line)
  await stop.asked
  terminal.progress('Stopping …')
  await running.stop()
  stop.forget()
  terminal.out('Stopped. Everything is kept; skein up goes on from here.')
}

interface StopRequest {
  readonly asked: Promise<void>
  /** What the second request puts an end to. */
  kills(starting: Promise<Running>): void
  forget(): void
}

function stopRequest(terminal: Terminal): StopRequest {
  let ask = (): void => undefined
  let running: Running | undefined
  const asked = new Promise<void>((resolve) => (ask = resolve))
  const forget = onStopSignals(ask, () => {
    terminal.err('Stopped at once; the next start recovers.')
    running?.kill()
    process.exit(EXIT.failed)
  })
  const kills = (starting: Promise<Running>): void =>
    void starting.then(
      (started) => (running = started),
      () => undefined,
    )
  return { asked, kills, forget }
}

function banner(
  { url, adminPort, directory, embedded, serving }: Running,
  { nodes, admin }: UpOptions,
  tookMs: number,
  { style }: Terminal,
): readonly string[] {
  const place = relative(process.cwd(), directory.root) || '.'
  const data = place.startsWith('..') ? directory.root : place
  return [
    '',
    `${style.green('●')} ${style.bold('Skein is up')} ${style.dim(`(${(tookMs / 1000).toFixed(1)} s)`)}`,
    '',
    `  Chat     ${style.bold(url)}`,
    `           ${style.dim('open it in two windows, as two people')}`,
    `  API      ${url}/v1`,
    `  Cluster  ${nodesText(serving, nodes)} ${style.dim('(skein status)')}`,
    `  Data     ${data} ${style.dim(embedded ? '(PostgreSQL, kept between runs)' : '(secrets; messages are in your PostgreSQL)')}`,
    ...(admin === undefined ? [] : [`  Metrics  http://${admin.host}:${adminPort}/metrics`]),
    `  Log      ${place.startsWith('..') ? directory.log : relative(process.cwd(), directory.log)}`,
    '',
    `  ${style.dim('Ctrl-C stops it.')}`,
    '',
  ]
}

function nodesText(serving: number, nodes: number): string {
  const all = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  return serving >= nodes ? all : `${serving} of ${all} so far; see the log`
}
