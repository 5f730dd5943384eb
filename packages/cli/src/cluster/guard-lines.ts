import type { GuardStatus } from '@skein/server'
import type { Style } from '../terminal/style.ts'
import { wrapLines } from '../terminal/wrap.ts'

const INDENT = 4

const BY_KIND: Readonly<Record<GuardStatus['kind'], string>> = {
  breaker: 'breaker',
  bulkhead: 'bulkhead',
  concurrency: 'concurrency limit',
  admission: 'admission',
  limit: 'limit',
  queue: 'queue',
}

/** One guard in a line or two, within so many columns. */
export function guardLines(guard: GuardStatus, columns: number, style: Style): readonly string[] {
  const { reason, refused } = guard
  const facts = [
    ...(reason === undefined ? [] : [reason]),
    ...usage(guard),
    ...(refused > 0 ? [`${refused} refused so far`] : []),
  ]
  const said = facts.length === 0 ? '' : `: ${facts.join('; ')}`
  const [first = '', ...rest] = wrapLines(`${titleOf(guard)}${said}`, columns - INDENT)
  const mark = guard.state === 'open' ? style.red('▲') : style.yellow('▲')
  return [`  ${mark} ${first}`, ...rest.map((line) => ' '.repeat(INDENT) + line)]
}

/** A guard that is called by its kind is named once. */
const titleOf = (guard: GuardStatus): string => {
  const word = wordOf(guard)
  return word.startsWith(`${guard.name} `) ? word : `${guard.name} ${word}`
}

function wordOf({ kind, state }: GuardStatus): string {
  const what = BY_KIND[kind]
  switch (state) {
    case 'open':
      return `${what} open`
    case 'halfOpen':
      return `${what} half open`
    case 'acting':
      return `${what} acts`
    case 'idle':
    case 'closed':
      return `${what} nearly full`
  }
}

function usage({ used, bound, unit = '' }: GuardStatus): readonly string[] {
  if (used === undefined) return []
  const of = bound === undefined ? '' : ` of ${amount(bound)}`
  return [`${amount(used)}${of} ${unit}`.trimEnd()]
}

const amount = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 0)
