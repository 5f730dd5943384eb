import { OptionError, RuntimeApiError } from '@skein/edge'
import { EmbeddedPostgresError } from '@skein/embedded-postgres'
import { ClusterError, ConfigError, RegistryError, StoreError } from '@skein/server'
import { expect, test } from 'vitest'
import { CliError } from './cli-error.ts'
import { EXIT } from './exit-codes.ts'
import { busyPort, explain } from './explain.ts'

const systemError = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: oops`), { code, ...more })

test('each kind of failure has its exit code and one line', () => {
  const cases: readonly (readonly [unknown, number])[] = [
    [new CliError(EXIT.usage, 'x'), 2],
    [new ConfigError('missing', 'x'), 78],
    [new StoreError('unavailable', 'x'), 69],
    [new StoreError('incompatible', 'x'), 78],
    [new StoreError('configuration', 'x'), 78],
    [new ClusterError('nameTaken', 'x'), 78],
    [new RegistryError('configuration', 'x'), 78],
    [new RegistryError('unavailable', 'x'), 69],
    [new OptionError('x'), 78],
    [new RuntimeApiError('refused', 'x'), 78],
    [new EmbeddedPostgresError('diskFull', 'x'), 73],
    [new EmbeddedPostgresError('wrongMajor', 'x'), 78],
    [new EmbeddedPostgresError('inUse', 'x'), 73],
    [systemError('ENOSPC'), 73],
    [systemError('EACCES', { path: '/data' }), 73],
    [systemError('EADDRINUSE', { port: 7777 }), 69],
  ]
  for (const [error, exitCode] of cases) {
    const explained = explain(error)
    expect(explained.exitCode).toBe(exitCode)
    expect(explained.text).not.toContain('\n')
  }
})

test('a busy port names itself and the flag that changes it', () => {
  expect(explain(systemError('EADDRINUSE', { port: 7777 })).text).toBe(
    'Port 7777 is taken by another process. Stop that one, or choose another with --port.',
  )
  expect(busyPort(undefined)).toMatch(/^The port is taken/)
})

test('what nobody expected keeps its stack and fails', () => {
  const { exitCode, text } = explain(new TypeError('x is not a function'))
  expect(exitCode).toBe(1)
  expect(text).toContain('explain.test.ts')
})
