import { run } from '../run.ts'
import { styleFor } from '../terminal/style.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command in this process, in black and white, and keeps what it says. */
export async function skeinHere(args: readonly string[]): Promise<Said> {
  const said: string[] = []
  const told: string[] = []
  const plain = styleFor(false, {})
  const code = await run(args, {
    out: (line) => said.push(line),
    err: (line) => told.push(line),
    progress: () => undefined,
    style: plain,
    errStyle: plain,
  })
  return { code, out: said.join('\n'), err: told.join('\n') }
}
