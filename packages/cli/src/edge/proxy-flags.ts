import { readFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import { readProxyOptions, strategyWarning, type EdgeDriverName, type ProxyOptions } from '@skein/edge'
import { CliError } from '../cli-error.ts'
import type { Place } from '../commands/arguments.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What is rendered from, as flags; the whole of it in a file. */
export interface ProxyFlags {
  readonly listen: Place
  readonly strategy: string
  readonly zone?: string
  readonly region?: string
  readonly maxConnections: number
  readonly maxPerAddress: number
  readonly proxyProtocol?: boolean
  readonly admin?: Place
  readonly options?: string
  readonly tlsCertificate?: string
  readonly tlsKey?: string
  readonly trusted?: string
}

export function addProxyFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--options <file>', 'JSON with all options of a proxy (docs/edge.md); flags go first'),
    )
    .addOption(new Option('--tls-certificate <path>', 'what a proxy shows clients (PEM)'))
    .addOption(new Option('--tls-key <path>', 'its key, when it is not in the same file'))
    .addOption(new Option('--trusted <ranges>', 'proxies in front: their word on the client is believed'))
}

/** @throws OptionError for nonsense; CliError for a file that cannot be read. */
export async function proxyOptionsOf(
  flags: ProxyFlags,
  /** Whether somebody said so, rather than the default. */
  isGiven: (flag: keyof ProxyFlags) => boolean,
): Promise<ProxyOptions> {
  const file = flags.options === undefined ? {} : await readOptions(flags.options)
  const said = (flag: keyof ProxyFlags, name: string, value: unknown): object =>
    isGiven(flag) || !(name in file) ? { [name]: value } : {}
  const given = 'limits' in file && typeof file.limits === 'object' ? file.limits : {}
  const { listen, strategy, zone, region, maxConnections, maxPerAddress, admin, trusted } = flags
  const tls = { certificate: flags.tlsCertificate, ...(flags.tlsKey !== undefined && { key: flags.tlsKey }) }
  return readProxyOptions({
    ...file,
    ...said('listen', 'listen', listen),
    ...said('strategy', 'strategy', strategy),
    limits: {
      ...given,
      ...(isGiven('maxConnections') && { maxConnections }),
      ...(isGiven('maxPerAddress') && { maxPerAddress }),
    },
    ...(zone !== undefined && { home: { zone, region } }),
    ...(flags.tlsCertificate !== undefined && { tls }),
    ...(flags.proxyProtocol === true && { proxyProtocol: true }),
    ...(admin !== undefined && { stats: admin }),
    ...(trusted !== undefined && { trusted: trusted.split(',').map((range) => range.trim()) }),
  })
}

async function readOptions(path: string): Promise<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof content === 'object' && content !== null) return { ...content }
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw new CliError(EXIT.config, `--options ${path} cannot be read as JSON: ${why}`)
  }
  throw new CliError(EXIT.config, `--options ${path} must hold an object.`)
}

/** Tells where the proxy does something else than the strategy's name says. */
export function warnOfStrategy(
  { strategy }: Pick<ProxyOptions, 'strategy'>,
  driver: EdgeDriverName,
  terminal: Terminal,
): void {
  const warning = strategyWarning(strategy, driver)
  if (warning !== undefined) terminal.err(`${terminal.errStyle.yellow('note:')} ${warning}`)
}
