import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The built command, as a user runs it. */
const MAIN = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url))

const withoutSkein = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_') && name !== 'DATABASE_URL'),
  )

export interface SkeinUp {
  readonly url: string
  /** SIGKILL for all of it at once: supervisor, node, database. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Another command on the same data; rejects when it fails. */
export const skein = async (dataDirectory: string, ...args: readonly string[]): Promise<string> => {
  const command = [MAIN, ...args, '--data', dataDirectory]
  return (await promisify(execFile)(process.execPath, command, { env: withoutSkein() })).stdout
}

export async function skeinUp(dataDirectory: string, port: number): Promise<SkeinUp> {
  const child = spawn(process.execPath, [MAIN, 'up', '--data', dataDirectory, '--port', String(port)], {
    env: withoutSkein(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return {
    url: await urlInBanner(child),
    kill: () => killTree(child),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

function urlInBanner(child: ChildProcess): Promise<string> {
  let said = ''
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said += chunk.toString()
      const url = /Chat +(http:\S+)/.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', () => reject(new Error(`skein up ended before it was ready: ${said}`)))
  })
}

async function killTree(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  const { pid } = child
  if (pid === undefined) return
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // It ended with its parent.
    }
  }
  await ended
}

function descendants(root: number): readonly number[] {
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const found = [root]
  for (const parent of found) {
    for (const [pid, ppid] of pairs) if (pid !== undefined && ppid === parent) found.push(pid)
  }
  return found.slice(1)
}
