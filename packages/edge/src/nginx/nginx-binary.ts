import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'

/** What the driver needs of NGINX. */
export interface Nginx {
  /** Why NGINX refuses this configuration; undefined: it takes it. */
  refusalOf(configPath: string): Promise<string | undefined>
  /** Which configuration runs; undefined: none does. */
  generation(): Promise<string | undefined>
  /** Asks the running master to take the configuration in place. Resolves with why it could not be asked. */
  reload(): Promise<string | undefined>
  /** Resolves with why it does not start. */
  start(configPath: string): Promise<string | undefined>
}

export interface NginxPlace {
  /** Absolute: configuration, pid, logs and temporary files. */
  readonly dir: string
  readonly binary: string
}

const RUN_TIMEOUT_MS = 15_000
const ASK_TIMEOUT_MS = 1_000
const GENERATION_BYTES_MAX = 256
/** Of what NGINX says; the rest is more of the same. */
const WORDS_MAX = 600

/** The socket that tells which configuration runs. A path of a socket has at most 107 bytes. */
export const socketOf = (dir: string): string => join(dir, 'edge.sock')
export const SOCKET_PATH_BYTES_MAX = 107

/** The installed binary, found beneath `dir` by its pid file. */
export function nginxBinary({ dir, binary }: NginxPlace): Nginx {
  const run = (...flags: readonly string[]): Promise<string | undefined> => {
    const args = ['-p', dir, ...flags]
    return new Promise((resolve) => {
      execFile(binary, args, { timeout: RUN_TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, _, stderr) => {
        resolve(error === null ? undefined : wordsOf(stderr) || error.message)
      })
    })
  }
  return {
    refusalOf: (configPath) => run('-t', '-q', '-c', configPath),
    generation: () => askGeneration(socketOf(dir)),
    reload: async () => signal(await masterPid(join(dir, 'nginx.pid')), dir),
    async start(configPath) {
      // One that was killed leaves its socket behind, and the next one could not listen there.
      if ((await askGeneration(socketOf(dir))) === undefined) await rm(socketOf(dir), { force: true })
      return run('-c', configPath)
    },
  }
}

function signal(pid: number | undefined, dir: string): string | undefined {
  if (pid === undefined) return `${join(dir, 'nginx.pid')} holds no process`
  try {
    process.kill(pid, 'SIGHUP')
    return undefined
  } catch (error) {
    return `process ${pid} takes no signal from here (${error instanceof Error ? error.message : 'unknown'})`
  }
}

/** `nginx -t` leaves an empty file where there was none: that is not process 0, which would be all of ours. */
async function masterPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return readPid(text)
}

export function readPid(text: string): number | undefined {
  const pid = Number(text.trim())
  return /^\d{1,10}$/.test(text.trim()) && pid > 1 ? pid : undefined
}

function askGeneration(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      { socketPath, path: '/generation', timeout: ASK_TIMEOUT_MS, agent: false },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => {
          text += part
          if (text.length > GENERATION_BYTES_MAX) answer.destroy()
        })
        answer.on('close', () => resolve(text.length > GENERATION_BYTES_MAX ? '' : text.trim()))
      },
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}

/** `nginx: [emerg] host not found in upstream "x" in …` without the beginning that all lines have. */
const wordsOf = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^nginx: /, '').trim())
    .filter((line) => line !== '')
    .join('; ')
    .slice(0, WORDS_MAX)
