import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { NginxDriver, type ProxyOptions } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { followWith, type Followed } from './follow-with.ts'

export interface NginxFlags {
  readonly dir?: string
  readonly user?: string
  /** `--no-start`. */
  readonly start: boolean
}

export const addNginxFlags = (command: Command): Command =>
  command
    .addOption(new Option('--dir <path>', 'of --driver nginx: configuration, pid and logs'))
    .addOption(new Option('--user <name>', 'of --driver nginx: whose rights workers have'))
    .addOption(new Option('--no-start', 'of --driver nginx: somebody else starts NGINX'))

/** Until somebody asks it to stop; NGINX runs on, for clients are on it. */
export async function runNginx(
  flags: NginxFlags & Followed,
  proxy: ProxyOptions,
  terminal: Terminal,
): Promise<void> {
  const { dir, user, start } = flags
  if (dir === undefined)
    throw new CliError(EXIT.usage, '--driver nginx needs --dir PATH, a directory of its own.')
  const driver = new NginxDriver({
    ...{ proxy, dir: resolve(dir), runtime: systemRuntime(), starts: start },
    ...(user !== undefined && { user }),
    onEvent: ({ kind, proxy: path, text }) =>
      terminal.err(kind === 'trouble' ? `${path}: ${terminal.errStyle.red(text)}` : `${path}: ${text}`),
  })
  const { host, port } = proxy.listen
  await followWith([driver], flags, proxy, terminal, `NGINX at ${host}:${port} follows the cluster.`)
  terminal.err(`NGINX runs on; to stop it: nginx -p ${resolve(dir)} -c ${resolve(dir)}/nginx.conf -s quit`)
}
