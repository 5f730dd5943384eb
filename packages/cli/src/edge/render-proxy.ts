import { writeFile } from 'node:fs/promises'
import {
  askOverHttp,
  desiredServers,
  readClusterAnswer,
  renderNginx,
  renderUpstream,
  UPSTREAM_FILE,
  type DesiredServer,
  type EdgeNode,
  type ProxyOptions,
} from '@skein/edge'
import { CliError } from '../cli-error.ts'
import { hostAndPort } from '../commands/arguments.ts'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'

export interface RenderFlags {
  readonly nodes?: string
  readonly cluster?: readonly string[]
  readonly operatorKey?: string
  readonly user?: string
  readonly out?: string
}

const ASK_TIMEOUT_MS = 5_000

/** One file, with the nodes as they are now. */
export async function renderProxy(
  options: ProxyOptions,
  flags: RenderFlags,
  terminal: Terminal,
): Promise<void> {
  const upstream = renderUpstream(await serversOf(options, flags), options)
  const whole = renderNginx(options, { user: flags.user }).replace(
    new RegExp(`^( *)include ${UPSTREAM_FILE};\n`, 'm'),
    (_, indent: string) => upstream.replace(/^(?=.)/gm, indent),
  )
  if (flags.out === undefined) return terminal.out(whole.trimEnd())
  await writeFile(flags.out, whole)
  terminal.out(`${flags.out} is written; look at it with nginx -t -c ${flags.out}`)
}

async function serversOf({ home }: ProxyOptions, flags: RenderFlags): Promise<readonly DesiredServer[]> {
  const nodes = flags.nodes === undefined ? await askedNodes(flags) : namedNodes(flags.nodes)
  return desiredServers(nodes, { nowMs: 0, home })
}

async function askedNodes({ cluster, operatorKey }: RenderFlags): Promise<readonly EdgeNode[]> {
  const [url] = cluster ?? []
  if (url === undefined || operatorKey === undefined)
    throw new CliError(
      EXIT.usage,
      'Name the nodes with --nodes NAME=HOST:PORT[,…], or the cluster with --cluster and SKEIN_OPERATOR_KEY.',
    )
  const answer = readClusterAnswer(await askOrSay(url, operatorKey), 0)
  if (answer === undefined)
    throw new CliError(EXIT.unavailable, `${url} answered, but not what a Skein node does.`)
  return answer.nodes
}

async function askOrSay(url: string, operatorKey: string): Promise<unknown> {
  try {
    return await askOverHttp(operatorKey)(url, AbortSignal.timeout(ASK_TIMEOUT_MS))
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    throw new CliError(EXIT.unavailable, `The cluster cannot be asked at ${url}: ${why}`)
  }
}

function namedNodes(list: string): readonly EdgeNode[] {
  return list.split(',').map((entry) => {
    const [name = '', place = ''] = entry.trim().split('=')
    if (name === '') throw new CliError(EXIT.usage, `--nodes: '${entry}' is no NAME=HOST:PORT.`)
    return {
      ...{ id: name, name, ...hostAndPort(place), zone: '', region: '', state: 'ready', reason: '' },
      ...{ weight: 1, headroom: 100, sessions: 0, maxSessions: 0, heardAtMs: 0 },
    }
  })
}
