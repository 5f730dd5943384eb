import { readFile } from 'node:fs/promises'
import { Option, type Command } from 'commander'
import {
  ConfigError,
  envNames,
  flagName,
  NODE_OPTIONS,
  parseConfigFile,
  readNodeConfig,
  type NodeConfig,
  type OptionSet,
} from '@skein/server'
import { EXIT } from '../exit-codes.ts'
import { runNode } from '../node/run-node.ts'
import type { CommandContext } from '../program.ts'

type Flags = Readonly<Record<string, string | boolean | undefined>>

export function addNode(program: Command, { exitWith }: CommandContext): void {
  const command = program
    .command('node')
    .description('Run one node in production; configured by flags, environment or file.')
    .option('-c, --config <file>', 'JSON file with options')
  for (const option of flagsOf(NODE_OPTIONS)) command.addOption(option)
  command
    .addHelpText(
      'after',
      '\nSecrets come from the environment or the file: SKEIN_JWT_SECRET, SKEIN_API_KEYS.\nAll options: docs/configuration.md',
    )
    .action(async ({ config, ...flags }: Flags) => {
      await runNode(() => readConfig(typeof config === 'string' ? config : undefined, flags))
      exitWith(EXIT.ok)
    })
}

function* flagsOf(options: OptionSet): Generator<Option> {
  for (const [key, option] of Object.entries(options)) {
    const flag = flagName(key, option)
    if (flag === undefined) continue
    const value = option.setting.placeholder
    const fallback = option.fallback === undefined ? '' : `default ${option.setting.show(option.fallback)}; `
    const names = envNames(key, option).join(', ')
    yield new Option(
      typeof option.fallback === 'boolean' ? `${flag} [${value}]` : `${flag} <${value}>`,
      `${option.help} (${fallback}${names})`,
    )
  }
}

async function readConfig(path: string | undefined, flags: Flags): Promise<NodeConfig> {
  const file = path === undefined ? undefined : parseConfigFile(path, await readText(path), NODE_OPTIONS)
  const typed = Object.entries(flags).map(([key, value]) => [
    key,
    value === undefined ? undefined : String(value),
  ])
  return readNodeConfig({
    flags: Object.fromEntries(typed) as Record<string, string | undefined>,
    env: process.env,
    ...(file !== undefined && { file }),
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw new ConfigError('badFile', `The configuration file ${path} cannot be read (${why}).`, cause)
  }
}
