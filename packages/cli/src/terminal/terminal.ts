import { styleFor, type Style } from './style.ts'

/** Where a command prints. Results go to `out`, everything else to `err`. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** A line that the next one replaces; nothing when nobody watches. */
  progress(line: string): void
  readonly style: Style
  readonly errStyle: Style
}

const COLUMNS = 80

export function processTerminal(): Terminal {
  const live = process.stderr.isTTY && process.env['TERM'] !== 'dumb'
  let pending = false
  const clear = (): void => {
    if (pending) process.stderr.write('\r\x1b[K')
    pending = false
  }
  return {
    out(line) {
      clear()
      process.stdout.write(`${line}\n`)
    },
    err(line) {
      clear()
      process.stderr.write(`${line}\n`)
    },
    progress(line) {
      if (!live) return
      clear()
      process.stderr.write(line.slice(0, (process.stderr.columns ?? COLUMNS) - 1))
      pending = line !== ''
    },
    style: styleFor(process.stdout.isTTY, process.env),
    errStyle: styleFor(process.stderr.isTTY, process.env),
  }
}
