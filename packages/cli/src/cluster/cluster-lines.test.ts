import fc from 'fast-check'
import { expect, test } from 'vitest'
import { styleFor } from '../terminal/style.ts'
import { clusterLines, isWell } from './cluster-lines.ts'
import { durationText } from './columns.ts'
import { drainSight, nodeNamed } from './drain-watch.ts'
import { clusterStatus, nodeStatus, NOW_MS } from './sample-status.ts'

const plain = styleFor(false, {})
const lines = (part: Parameters<typeof clusterStatus>[0] = {}) =>
  clusterLines(clusterStatus(part), NOW_MS, plain)

test('a healthy cluster is one line and two tables: who is there, and how loaded', () => {
  expect(lines()).toEqual([
    '● node-1 answers: ready; bus postgres up; view 0 s old',
    '',
    '  NODE            STATE     ZONE          SESSIONS  HEADROOM        WEIGHT   AGE',
    '  node-1 *        ready     default             12   97 % cpu            1   1 m',
    '  node-2          ready     default             12   97 % cpu            1   1 m',
    '  node-3          ready     default             12   97 % cpu            1   1 m',
    '',
    '  LOAD              CPU      LAG   MEMORY  ACCEPTS/S  SENDS/S    QUEUE      BUS',
    '  node-1            3 %    11 ms   120 MB          0        0     0 ms     2 ms',
    '  node-2            3 %    11 ms   120 MB          0        0     0 ms     2 ms',
    '  node-3            3 %    11 ms   120 MB          0        0     0 ms     2 ms',
  ])
})

test('what goes on and what is wrong stands where it belongs', () => {
  const said = lines({
    health: { live: true, ready: true, degraded: true, reasons: ['The bus is down: hints are late.'] },
    bus: { kind: 'redis', state: 'down' },
    drain: { untilMs: NOW_MS + 8_400, left: 7 },
    rebalance: { shedding: true, excess: 31 },
    nodes: [
      nodeStatus('node-1', { self: true, state: 'draining', reason: 'its clients move', leaving: 4 }),
      nodeStatus('node-2', { heardAgeMs: 5_200, missed: 2 }),
    ],
  }).join('\n')
  for (const text of [
    'degraded; bus redis down',
    'draining: 7 left, over in 8 s',
    'rebalancing: 31 above its share',
    '    The bus is down: hints are late.',
    '    its clients move; 4 asked to move',
    '    last heard 5 s ago; left 2 questions without an answer',
  ])
    expect(said).toContain(text)
  expect(isWell(clusterStatus())).toBe(true)
})

test('guards that act stand under their node; a node without a report shows none', () => {
  const open = {
    name: 'database.commits',
    kind: 'breaker',
    state: 'open',
    reason: 'calls are slow',
    refused: 3,
  } as const
  const said = lines({
    nodes: [nodeStatus('node-1', { self: true, load: null }), nodeStatus('node-2', { guards: [open] })],
  })
  expect(said).toEqual([
    '● node-1 answers: ready; bus postgres up; view 0 s old',
    '',
    '  NODE            STATE     ZONE          SESSIONS  HEADROOM        WEIGHT   AGE',
    '  node-1 *        ready     default              –  –                    1   1 m',
    '    its load report is impossible: it counts as a node without one',
    '  node-2          ready     default             12   97 % cpu            1   1 m',
    '  ▲ database.commits breaker open: calls are slow; 3 refused so far',
    '',
    '  LOAD              CPU      LAG   MEMORY  ACCEPTS/S  SENDS/S    QUEUE      BUS',
    '  node-1              –        –        –          –        –        –        –',
    '  node-2            3 %    11 ms   120 MB          0        0     0 ms     2 ms',
  ])
})

test('long names take the room that the other columns leave', () => {
  const zone = 'eu-central-1b'
  const nodes = [
    nodeStatus('skein-7f9c6d5b8-x2k9q-7777', { self: true, zone }),
    nodeStatus('4f3a9c8b7d2e-7777', { zone }),
  ]
  expect(lines({ nodes }).slice(2)).toEqual([
    '  NODE                     STATE  ZONE          SESSIONS  HEADROOM   WEIGHT  AGE',
    '  skein-7…b8-x2k9q-7777 *  ready  eu-…ntral-1b        12   97 % cpu       1  1 m',
    '  4f3a9c8b7d2e-7777        ready  eu-…ntral-1b        12   97 % cpu       1  1 m',
    '',
    '  LOAD                       CPU    LAG  MEMORY  ACCEPTS/S  SENDS/S  QUEUE   BUS',
    '  skein-7f…6d5b8-x2k9q-7777  3 %  11 ms  120 MB          0        0   0 ms  2 ms',
    '  4f3a9c8b7d2e-7777          3 %  11 ms  120 MB          0        0   0 ms  2 ms',
  ])
})

test('names that begin alike can be told apart by their end, however little room there is', () => {
  const name = (end: string) => `chat-skein-node-7f9c6d5b8-${end}`
  const load = { sessions: 12_345_678, acceptedPerSecond: 123_456, busLagMs: 88_000, rssBytes: 65e9 }
  const waits = { loopLagP99Ms: 99_000, queueWaitMs: 99_000, headroom: 100, scarcest: 'sessions' as const }
  const more = { zone: 'eu-central-1b', state: 'draining', weight: 100, load: { ...load, ...waits } } as const
  const nodes = [nodeStatus(name('x2k9q'), { self: true, ...more }), nodeStatus(name('m4t7w'), more)]
  const said = lines({ nodes }).filter((line) => line.startsWith('  chat'))
  expect(said.map((line) => line.split(' '.repeat(2))[1])).toEqual([
    'chat…b8-x2k9q *',
    'chat…d5b8-m4t7w',
    'chat-s…9c6d5b8-x2k9q',
    'chat-s…9c6d5b8-m4t7w',
  ])
})

test('whatever the names and figures, no line is wider than 80 columns', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z-]{1,32}$/),
      fc.stringMatching(/^[a-z ]{1,120}$/),
      fc.nat({ max: 99_999_999 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (name, reason, sessions, cpu) => {
        const rates = { acceptedPerSecond: sessions, messagesPerSecond: sessions }
        const waits = { loopLagP99Ms: sessions, queueWaitMs: sessions, busLagMs: sessions }
        const memory = { rssBytes: sessions * 1e6 }
        const scarcest = 'accepting' as const
        const load = { sessions, cpu, ...rates, ...waits, ...memory, headroom: cpu * 100, scarcest }
        const node = nodeStatus(name, {
          self: true,
          zone: name,
          state: 'joining',
          reason,
          load,
          sinceMs: sessions,
        })
        for (const line of lines({ nodes: [node] })) expect(line.length).toBeLessThanOrEqual(80)
      },
    ),
  )
})

test('durations show their largest unit', () => {
  expect([-5, 999, 1_000, 59_999, 60_000, 7_200_000, 90_000_000].map(durationText)).toEqual([
    '0 s',
    '0 s',
    '1 s',
    '59 s',
    '1 m',
    '2 h',
    '1 d',
  ])
})

test('a drain is over when that process is gone, though another one has its name', () => {
  const id = 'node-2.abcdefgh'
  const status = (part: Parameters<typeof nodeStatus>[1]) =>
    clusterStatus({ nodes: [nodeStatus('node-1'), nodeStatus('node-2', part)] })
  expect(drainSight(status({ state: 'draining' }), id, true)).toEqual({ is: 'draining', left: 12 })
  expect(drainSight(status({ state: 'ready' }), id, false)).toEqual({ is: 'draining', left: 12 })
  expect(drainSight(status({ state: 'ready' }), id, true)).toEqual({ is: 'yielded' })
  expect(drainSight(status({ state: 'gone' }), id, true)).toEqual({ is: 'gone' })
  expect(drainSight(status({ id: 'node-2.zzzzzzzz' }), id, true)).toEqual({ is: 'gone' })
  expect(nodeNamed(status({ state: 'gone' }), 'node-2')).toBeUndefined()
  expect(nodeNamed(status({}), 'node-2')?.id).toBe(id)
})
