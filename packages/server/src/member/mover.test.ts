import { expect, test } from 'vitest'
import { nodeVersion } from '../cluster/identity.ts'
import { LOAD } from '../cluster/manual-cluster.ts'
import type { NodeRecord } from '../cluster/node-record.ts'
import { EMPTY_VIEW, type View } from '../cluster/view.ts'
import type { MigrateRequest } from '../node/chat-node.ts'
import { carryOut } from './mover.ts'

const record = (name: string, address: string): NodeRecord => ({
  id: `${name}.1`,
  name,
  zone: 'z',
  region: 'r',
  version: nodeVersion('0.1.0'),
  address,
  internalAddress: 'http://inside',
  state: 'ready',
  reason: 'serving',
  sinceMs: 0,
  weight: 1,
  guards: [],
  load: LOAD,
  signature: '',
})

const viewOf = (...records: readonly NodeRecord[]): View => ({
  ...EMPTY_VIEW,
  members: new Map(records.map((each) => [each.id, { record: each, epoch: 1, heardAtMs: 0, missed: 0 }])),
})

test('clients are told the name of the node, and its address only where they reach it directly', () => {
  const asked: MigrateRequest[] = []
  const node = { migrate: (request: MigrateRequest) => asked.push(request) && request.count }
  const view = viewOf(record('a', 'http://inside'), record('b', 'wss://b.example/v1/connect'))
  const moves = new Map([
    ['a.1', 2],
    ['b.1', 3],
    ['gone.1', 4],
  ])
  const terms = { withinMs: 1_000, reason: 'because' }
  expect(carryOut(node, moves, view, terms)).toBe(5)
  expect(asked).toEqual([
    { count: 2, node: 'a', ...terms },
    { count: 3, node: 'b', url: 'wss://b.example/v1/connect', ...terms },
  ])
})
