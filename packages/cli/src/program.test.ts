import { expect, test } from 'vitest'
import { buildProgram } from './program.ts'
import { processTerminal } from './terminal/terminal.ts'

const NAMES = [
  'up',
  'node',
  'edge',
  'token',
  'migrate',
  'status',
  'dispatch',
  'drain',
  'doctor',
  'sim',
  'chaos',
  'bench',
]

const namesFor = async (...args: readonly string[]): Promise<readonly string[]> =>
  (await buildProgram(args, processTerminal(), () => undefined)).commands.map((command) => command.name())

test('a command that is chosen is loaded alone', async () => {
  for (const name of NAMES) expect(await namesFor(name, '--help')).toEqual([name])
})

test('help, and what is no command, know all of them', async () => {
  for (const args of [[], ['--help'], ['help', 'node'], ['--version'], ['nodes'], ['constructor']])
    expect(await namesFor(...args)).toEqual(NAMES)
})
