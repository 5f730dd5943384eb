import { expect, test } from 'vitest'
import { readCluster } from './demo-cluster.ts'
import { AWAY, rowsAfter, rowsAfterKill, type ClusterNode } from './node-rows.ts'

const node = (name: string, sinceMs = 1): ClusterNode => ({ name, state: 'ready', sessions: 2, sinceMs })
const names = (rows: readonly { name: string; state: string }[]) =>
  rows.map(({ name, state }) => `${name} ${state}`)

test('rows keep their places while a node is away, and it comes back into its own', () => {
  const three = rowsAfter([], [node('node-1'), node('node-2'), node('node-3')], 0)
  const two = rowsAfter(three, [node('node-3'), node('node-1')], 1_000)
  expect(names(two)).toEqual(['node-1 ready', `node-2 ${AWAY}`, 'node-3 ready'])
  const back = rowsAfter(two, [node('node-1'), node('node-2', 9), node('node-3')], 4_000)
  expect(names(back)).toEqual(['node-1 ready', 'node-2 ready', 'node-3 ready'])
})

test('a killed node is away at once, though the others take it for living a while', () => {
  const rows = rowsAfter([], [node('node-1'), node('node-2')], 0)
  const killed = rowsAfterKill(rows, 'node-2', 10)
  expect(names(rowsAfter(killed, [node('node-1'), node('node-2')], 500))[1]).toBe(`node-2 ${AWAY}`)
  expect(names(rowsAfter(killed, [node('node-1'), node('node-2', 2_000)], 2_500))[1]).toBe('node-2 ready')
})

test('what does not come back is forgotten', () => {
  const gone = rowsAfter(rowsAfter([], [node('a'), node('b')], 0), [node('a')], 1_000)
  expect(names(rowsAfter(gone, [node('a')], 30_999))).toHaveLength(2)
  expect(names(rowsAfter(gone, [node('a')], 31_000))).toEqual(['a ready'])
})

test('what is not a cluster reads as none, and odd nodes are left out', () => {
  for (const value of [undefined, null, 7, {}, { nodes: 1 }]) expect(readCluster(value)).toBeUndefined()
  expect(readCluster({ mayKill: true, nodes: [node('a'), { name: 'b' }, null] })).toEqual({
    mayKill: true,
    nodes: [node('a')],
  })
})
