import fc from 'fast-check'
import { expect, test } from 'vitest'
import { desiredServer } from '../testing/desired-server.ts'
import type { DesiredServer } from '../driver/driver.ts'
import { NOWHERE, type ObservedSlot } from './observed.ts'
import { reconcile, type Observation } from './reconcile.ts'

const emptySlot = (name: string): ObservedSlot => ({
  ...{ name, backup: name.startsWith('far'), ...NOWHERE, maintenance: true, drained: false, up: false },
  ...{
    weight: 100,
    agentEnabled: true,
    agentHost: '127.0.0.1',
    agentPort: 1,
    agentAnswers: false,
    agentText: '',
  },
  ...{ portDead: false, sessions: 0, maxConnections: 0, status: 'MAINT' },
})

const slotAt = (name: string, known: Partial<ObservedSlot>): ObservedSlot => ({
  ...emptySlot(name),
  ...{ host: '127.0.0.1', port: 7_000, maintenance: false, up: true, status: 'UP', ...known },
})

const mapFile = '/x/nodes.map'
const seen = (...slots: readonly ObservedSlot[]): Observation => ({ slots, mapFile, map: new Map() })
const commands = (desired: readonly DesiredServer[], observation: Observation): string =>
  reconcile(desired, observation)
    .flatMap((step) => step.commands)
    .join('\n')

/** What HAProxy makes of the commands. Anything that it would not understand throws. */
function apply({ slots, map }: Observation, lines: readonly string[]): Observation {
  const after = new Map(slots.map((slot) => [slot.name, slot]))
  const entries = new Map(map)
  const change = (name: string | undefined, to: Partial<ObservedSlot>): void => {
    const slot = after.get(name ?? '')
    if (slot === undefined) throw new Error(`no slot ${name}`)
    after.set(slot.name, { ...slot, ...to })
  }
  const rules: readonly (readonly [RegExp, (found: readonly string[]) => void])[] = [
    [
      /^set server skein\/(\w+) addr (\S+) port (\d+)$/,
      ([, s, host = '', port]) => change(s, { host, port: Number(port) }),
    ],
    [/^set server skein\/(\w+) agent-addr (\S+)$/, ([, s, agentHost = '']) => change(s, { agentHost })],
    [/^set server skein\/(\w+) agent-port (\d+)$/, ([, s, port]) => change(s, { agentPort: Number(port) })],
    [/^(enable|disable) agent skein\/(\w+)$/, ([, how, s]) => change(s, { agentEnabled: how === 'enable' })],
    [/^set weight skein\/(\w+) (\d+)%$/, ([, s, weight]) => change(s, { weight: Number(weight) })],
    [/^set maxconn server skein\/(\w+) (\d+)$/, ([, s, most]) => change(s, { maxConnections: Number(most) })],
    [
      /^set server skein\/(\w+) state (ready|maint)$/,
      ([, s, to]) => change(s, { maintenance: to === 'maint', drained: false, up: to === 'ready' }),
    ],
    [/^shutdown sessions server skein\/(\w+)$/, ([, s]) => change(s, { sessions: 0 })],
    [/^del map \S+ (\S+)$/, ([, node = '']) => void entries.delete(node)],
    [/^add map \S+ (\S+) (\S+)$/, ([, node = '', slot = '']) => void entries.set(node, slot)],
  ]
  for (const line of lines) {
    const rule = rules.find(([pattern]) => pattern.test(line))
    if (rule === undefined) throw new Error(`HAProxy does not know: ${line}`)
    rule[1](rule[0].exec(line) ?? [])
  }
  return { slots: [...after.values()], mapFile, map: entries }
}

test('an operator’s drain or maintenance is never touched, whatever the cluster says', () => {
  const node = desiredServer({ name: 'a', agentPort: 1 })
  for (const operator of [{ drained: true }, { maintenance: true, up: false }]) {
    for (const state of ['ready', 'drain', 'maint'] as const)
      expect(commands([{ ...node, state }], seen(slotAt('slot1', operator)))).not.toContain(' state ')
  }
})

test('only a dead port is cut, and only while something is open', () => {
  const node = desiredServer({ name: 'a' })
  const cut = (known: Partial<ObservedSlot>): boolean =>
    commands([node], seen(slotAt('slot1', known))).includes('shutdown sessions')
  expect([
    cut({ up: false, sessions: 9 }),
    cut({ portDead: true }),
    cut({ portDead: true, sessions: 9 }),
  ]).toEqual([false, false, true])
})

test('a newcomer gets a slot in which nobody is left, one of another zone only a slot of those', () => {
  const [busy, free] = [{ ...emptySlot('slot1'), sessions: 3 }, emptySlot('slot2')]
  expect(commands([desiredServer({ name: 'a' })], seen(busy, free))).toContain('skein/slot2 addr 127.0.0.1')
  const [step] = reconcile([desiredServer({ name: 'far', backup: true })], seen(busy, free))
  expect(step).toMatchObject({ commands: [], says: expect.stringContaining('--slots') as string })
})

test('whatever HAProxy has, two rounds bring it there, since who left makes room for who comes, and a third finds nothing to do', () => {
  const desired = fc.uniqueArray(
    fc.record({
      number: fc.integer({ min: 1, max: 6 }),
      state: fc.constantFrom('ready', 'drain', 'maint'),
      weight: fc.integer({ min: 1, max: 256 }),
      agentPort: fc.option(fc.constant(9_000), { nil: undefined }),
      backup: fc.boolean(),
    }),
    { selector: ({ number }) => number, maxLength: 6 },
  )
  const slots = fc.array(
    fc.record({
      port: fc.integer({ min: 1, max: 8 }),
      empty: fc.boolean(),
      drained: fc.boolean(),
      up: fc.boolean(),
      agentAnswers: fc.boolean(),
      agentEnabled: fc.boolean(),
      portDead: fc.boolean(),
      sessions: fc.nat(3),
      weight: fc.integer({ min: 0, max: 100 }),
    }),
    { minLength: 12, maxLength: 12 },
  )
  const map = fc.dictionary(fc.constantFrom('n1', 'n2', 'gone'), fc.constantFrom('slot1', 'slot2', 'far1'))
  fc.assert(
    fc.property(desired, slots, map, (wishes, told, entries) => {
      const servers = wishes.map(({ number, state, weight, agentPort, backup }) =>
        desiredServer({
          ...{ name: `n${number}`, port: number, state, backup, weight: state === 'ready' ? weight : 0 },
          ...(agentPort !== undefined && { agentPort }),
        }),
      )
      const before: Observation = {
        slots: told.map(({ empty, ...known }, index) => {
          const name = index < 6 ? `slot${index + 1}` : `far${index - 5}`
          return empty ? emptySlot(name) : slotAt(name, known)
        }),
        mapFile,
        map: new Map(Object.entries(entries)),
      }
      const round = (seen: Observation): Observation =>
        apply(
          seen,
          reconcile(servers, seen).flatMap((step) => step.commands),
        )
      const after = round(round(before))
      expect(commands(servers, after)).toBe('')
      const slotOf = (server: DesiredServer) =>
        after.slots.filter((slot) => slot.port === server.port && slot.backup === server.backup)
      for (const server of servers) expect(slotOf(server).length).toBeLessThanOrEqual(1)
      for (const [node, slot] of after.map) {
        const server = servers.find(({ name }) => name === node)
        expect(server?.state).toBe('ready')
        expect(after.slots.find(({ name }) => name === slot)?.port).toBe(server?.port)
      }
    }),
  )
})
