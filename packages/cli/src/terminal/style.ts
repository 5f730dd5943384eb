export interface Style {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
  red(text: string): string
  yellow(text: string): string
}

const wrap =
  (on: number, off: number) =>
  (text: string): string =>
    `\x1b[${on}m${text}\x1b[${off}m`

const plain = (text: string): string => text

const COLOURED: Style = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  green: wrap(32, 39),
  red: wrap(31, 39),
  yellow: wrap(33, 39),
}

const PLAIN: Style = { bold: plain, dim: plain, green: plain, red: plain, yellow: plain }

/** Colours only for a terminal, and not where NO_COLOR (no-color.org) is set. */
export function styleFor(
  isTerminal: boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const refused = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== ''
  return isTerminal === true && !refused && env['TERM'] !== 'dumb' ? COLOURED : PLAIN
}
