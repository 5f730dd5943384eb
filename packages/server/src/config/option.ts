import type { Setting } from './setting.ts'

/**
 * One option, said once: its type, default, environment variables, flag, file key, help and reference
 * documentation all come from here.
 */
export interface Option<T> {
  readonly setting: Setting<T>
  readonly fallback?: T
  /** Environment variables, first wins. Derived from the key (`SKEIN_MAX_CONNECTIONS`) unless given. */
  readonly env?: readonly string[]
  readonly help: string
  readonly group: OptionGroup
  /** Never printed, and no flag: every user of the machine can read a command line. */
  readonly secret?: boolean
  /** Set by `skein up` for its child; not in help or documentation. */
  readonly internal?: boolean
}

export type OptionGroup =
  | 'node'
  | 'cluster'
  | 'dispatch'
  | 'database'
  | 'authentication'
  | 'network'
  | 'limits'

export type OptionSet = Readonly<Record<string, Option<unknown>>>

/** The values of a set of options. Without a default an option may be undefined. */
export type Values<S extends OptionSet> = {
  readonly [K in keyof S]: S[K] extends { readonly setting: Setting<infer T> }
    ? S[K] extends { readonly fallback: unknown }
      ? T
      : T | undefined
    : never
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

export const envNames = (key: string, option: Option<unknown>): readonly string[] =>
  option.env ?? [`SKEIN_${snake(key)}`]

/** `--max-connections`; undefined for secrets. */
export const flagName = (key: string, option: Option<unknown>): string | undefined =>
  option.secret === true || option.internal === true
    ? undefined
    : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
