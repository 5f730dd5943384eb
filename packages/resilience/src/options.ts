import { SkeinError } from '@skein/core'

/** Bad configuration. The message names the option and the value that was given; remedy `fix`. */
export class OptionError extends SkeinError<'badOption'> {
  override name = 'OptionError'

  constructor(message: string) {
    super('badOption', message, { remedy: 'fix' })
  }
}

export function optionBetween(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return
  const range = most === Infinity ? `at least ${least}` : `between ${least} and ${most}`
  throw new OptionError(`${name} must be ${range}, got ${value}`)
}

export function optionAbove(name: string, value: number, bound: number): void {
  if (value > bound && value < Infinity) return
  throw new OptionError(`${name} must be above ${bound}, got ${value}`)
}
