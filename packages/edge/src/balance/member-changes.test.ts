import { expect, test } from 'vitest'
import { edgeNode } from '../testing/edge-node.ts'
import { memberChanges, SPEAKS_FOR_MS, type KnownMember } from './member-changes.ts'

const known = (name: string, ready: boolean, id = `${name}.1`): KnownMember => {
  const { host, port } = edgeNode({ name })
  return { id, name, host, port, ready }
}
const changes = (before: readonly KnownMember[], nodes: Parameters<typeof edgeNode>[0][], viewAgeMs = 0) => {
  const { add, remove } = memberChanges(before, { nodes: nodes.map(edgeNode), viewAgeMs })
  return { add: add.map(({ id }) => id), remove }
}

test('a node that is listed and not known is added', () => {
  expect(changes([known('a', true)], [{ name: 'a' }, { name: 'b' }])).toEqual({ add: ['b.1'], remove: [] })
})

test('another process by the same name takes its place', () => {
  expect(changes([known('a', true, 'a.0')], [{ name: 'a' }])).toEqual({ add: ['a.1'], remove: [] })
  expect(changes([known('a', true)], [{ name: 'a', port: 9 }]).add).toEqual(['a.1'])
})

test('of two processes by one name the one that was heard last is taken', () => {
  const both = [
    { name: 'a', id: 'a.2', heardAtMs: 900 },
    { name: 'a', id: 'a.1', heardAtMs: 100 },
  ]
  expect(changes([], both).add).toEqual(['a.2'])
})

test('a node goes when it is not listed and does not answer either', () => {
  expect(changes([known('a', false), known('b', true)], []).remove).toEqual(['a'])
})

test('an old view sends nobody away', () => {
  expect(changes([known('a', false)], [], SPEAKS_FOR_MS + 1).remove).toEqual([])
  expect(changes([known('a', false)], [], Infinity).remove).toEqual([])
})
