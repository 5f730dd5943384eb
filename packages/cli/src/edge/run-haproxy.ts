import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  HaproxyDriver,
  MAP_FILE,
  prepareFolder,
  renderHaproxy,
  saveTo,
  startDriverAdmin,
  stateFolderOf,
  type ProxyOptions,
} from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { CliError } from '../cli-error.ts'
import type { Place } from '../commands/arguments.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { followWith, type Followed } from './follow-with.ts'

export interface HaproxyFlags {
  readonly socket?: readonly string[]
  readonly stateDir?: string
  readonly slots?: number
  readonly farSlots?: number
}

/** Proxies side by side, each at its socket, until somebody asks it to stop; they run on as they are. */
export async function runHaproxy(
  flags: HaproxyFlags & Followed & { readonly admin?: Place },
  proxy: ProxyOptions,
  terminal: Terminal,
): Promise<void> {
  const sockets = socketsOf(flags)
  if (flags.stateDir !== undefined && sockets.length > 1)
    throw new CliError(EXIT.usage, '--state-dir is of one proxy; several keep theirs beside their sockets.')
  const { timers } = systemRuntime()
  const drivers = sockets.map((socket) => {
    const folder = flags.stateDir === undefined ? dirname(socket) : resolve(flags.stateDir)
    return new HaproxyDriver({
      socket,
      timers,
      save: saveTo(folder),
      onEvent: ({ kind, proxy: path, text }) =>
        terminal.err(kind === 'trouble' ? `${path}: ${terminal.errStyle.red(text)}` : `${path}: ${text}`),
    })
  })
  const { admin } = flags
  const hello = `HAProxy at ${sockets.join(' and ')} follows the cluster.`
  await followWith(drivers, flags, proxy, terminal, hello, async (edge) => {
    if (admin === undefined) return () => Promise.resolve()
    const server = await startDriverAdmin({ ...admin, drivers, edge })
    terminal.out(`Status at http://${admin.host}:${server.port}/status`)
    return () => server.close()
  })
}

/** Prints the configuration, or writes it with the files that HAProxy wants to find. */
export async function renderHaproxyConfig(
  flags: HaproxyFlags & { readonly out?: string },
  options: ProxyOptions,
  terminal: Terminal,
): Promise<void> {
  const [socket = ''] = socketsOf(flags)
  const { slots, farSlots, stateDir } = flags
  const files = {
    socket,
    ...(stateDir !== undefined && { stateFolder: resolve(stateDir) }),
    ...(slots !== undefined && { slots }),
    ...(farSlots !== undefined && { farSlots }),
  }
  const text = renderHaproxy(options, files)
  const folder = stateFolderOf(files)
  if (flags.out === undefined) {
    terminal.out(text.trimEnd())
    if (!existsSync(join(folder, MAP_FILE)))
      terminal.err(
        `HAProxy wants these files to be there: mkdir -p ${folder} && touch ${folder}/{nodes.map,server-state}`,
      )
    return
  }
  await prepareFolder(folder)
  await writeFile(flags.out, text)
  terminal.out(`${flags.out} is written; look at it with haproxy -c -f ${flags.out}`)
}

function socketsOf({ socket }: HaproxyFlags): readonly string[] {
  if (socket !== undefined && socket.length > 0) return socket
  throw new CliError(EXIT.usage, 'HAProxy needs --socket PATH, that of its "stats socket".')
}
