import { expect, test } from 'vitest'
import { readClusterAnswer } from './cluster-answer.ts'

const load = { sessions: 5, maxSessions: 100, headroom: 80, somethingNew: true }
const entry = {
  id: 'node-1.x',
  name: 'node-1',
  zone: 'a',
  region: 'eu',
  state: 'ready',
  reason: '',
  weight: 2,
  internalAddress: 'http://10.0.0.1:7000',
  heardAgeMs: 300,
  load,
}
const read = (...nodes: readonly object[]) =>
  readClusterAnswer({ self: 'node-1.x', viewAgeMs: 100, nodes, unheardOf: 1 }, 5_000)

test('a node is where the others reach it, with what it reported and when', () => {
  expect(read(entry)).toEqual({
    viewAgeMs: 100,
    nodes: [
      {
        id: 'node-1.x',
        name: 'node-1',
        host: '10.0.0.1',
        port: 7_000,
        zone: 'a',
        region: 'eu',
        state: 'ready',
        reason: '',
        weight: 2,
        headroom: 80,
        sessions: 5,
        maxSessions: 100,
        heardAtMs: 4_700,
      },
    ],
  })
})

test.each([[-1], [101], [null], ['90'], [Number.NaN]])('a headroom of %s is no report', (headroom) => {
  expect(read({ ...entry, load: { ...load, headroom } })?.nodes[0]?.headroom).toBeUndefined()
})

test('a load that is no load is no report, and a weight that is none is 1', () => {
  const { weight: _, ...without } = entry
  expect(read({ ...without, load: 'full' })?.nodes[0]).toMatchObject({ weight: 1, headroom: undefined })
  expect(read({ ...entry, weight: -3 })?.nodes[0]?.weight).toBe(1)
  expect(read({ ...entry, weight: 0 })?.nodes[0]?.weight).toBe(0)
})

test('nodes that cannot be read or reached are left out, the others stay', () => {
  const nodes = read(
    { ...entry, name: undefined },
    { ...entry, internalAddress: 'https://10.0.0.2' },
    { ...entry, internalAddress: 'nowhere' },
    { ...entry, name: 'v6', internalAddress: 'http://[fd00::1]' },
  )?.nodes
  expect(nodes?.map(({ name, host, port }) => [name, host, port])).toEqual([['v6', 'fd00::1', 80]])
})

test('a state that is not known takes no clients', () => {
  expect(read({ ...entry, state: 'dancing' })?.nodes[0]?.state).toBe('joining')
})

test('what is no answer of a node is none', () => {
  for (const body of [undefined, null, 'x', {}, { nodes: {} }]) {
    expect(readClusterAnswer(body, 0)).toBeUndefined()
  }
})
