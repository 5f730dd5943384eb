import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LaneVector, LogRecord } from '../store/store.ts'
import { advanced, merged } from './lane-progress.ts'

const LANES = 2

const record = (lane: number, laneOffset: number): LogRecord => ({
  app: 'app',
  conversation: `c${lane}`,
  lane,
  laneOffset,
  event: {
    origin: 'r.a',
    seq: laneOffset,
    hlc: laneOffset,
    sender: 'ann',
    clientId: '0190f3a4-0000-7000-8000-0000000000ff',
    kind: 'message',
    body: {},
    count: laneOffset,
    at: 1,
  },
})

describe('what this node committed itself', () => {
  test.each<[string, LaneVector, LogRecord[], LaneVector]>([
    ['continues the vector', [4, 7], [record(0, 5), record(1, 8), record(0, 6)], [6, 8]],
    ['may come out of order', [4, 7], [record(0, 6), record(0, 5)], [6, 7]],
    ['does not pass a hole, where somebody else committed', [4, 7], [record(0, 6), record(0, 7)], [4, 7]],
    ['was known before: a duplicate', [4, 7], [record(0, 2), record(1, 7)], [4, 7]],
    ['is in a lane that no read told yet', [4], [record(1, 1)], [4]],
  ])('%s', (_, vector, records, expected) => {
    expect(advanced(vector, records)).toEqual(expected)
  })

  test('a read under way does not set it back, a log that lost commits does', () => {
    expect(merged([9, 3], [5, 3], [7, 4])).toEqual([9, 4])
    expect(merged([5, 3], [5, 3], [2, 3])).toEqual([2, 3])
  })
})

/** What happens around one reader: commits of two nodes, in whatever order they are told, and reads that take their time. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      lanes: fc.array(fc.nat(LANES - 1), { minLength: 1, maxLength: 4 }),
      own: fc.boolean(),
    }),
  },
  // The answer to an own commit may be overtaken by another lane's, and may never come: indeterminate.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('tell' as const), which: fc.nat(), lost: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'ask' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('answer' as const), rows: fc.integer({ min: 1, max: 5 }) }),
  },
)

describe('the vector', () => {
  test('never passes an offset that nobody told, and reaches the end of the log with one read in peace', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const log = Array.from({ length: LANES }, () => 0)
        const told = new Set<string>()
        const untold: LogRecord[][] = []
        let vector: LaneVector = [...log]
        let read: { asked: LaneVector; end: readonly number[] } | undefined
        const tell = (lane: number, offset: number): void => void told.add(`${lane}:${offset}`)
        const answer = (rows: number): void => {
          if (read === undefined) return
          const { asked, end } = read
          const page = asked.map((from, lane) => Math.max(from, Math.min(end[lane] ?? 0, from + rows)))
          page.forEach((to, lane) => {
            for (let offset = (asked[lane] ?? 0) + 1; offset <= to; offset++) tell(lane, offset)
          })
          vector = merged(vector, asked, page)
          read = undefined
        }
        for (const now of steps) {
          switch (now.do) {
            case 'commit': {
              const records = now.lanes.map((lane) => record(lane, (log[lane] = (log[lane] ?? 0) + 1)))
              if (now.own) untold.push(records)
              break
            }
            case 'tell': {
              const [records] = untold.splice(now.which % Math.max(1, untold.length), 1)
              if (records === undefined || now.lost) break
              for (const { lane, laneOffset } of records) tell(lane, laneOffset)
              vector = advanced(vector, records)
              break
            }
            case 'ask':
              read ??= { asked: vector, end: [...log] }
              break
            case 'answer':
              answer(now.rows)
          }
          vector.forEach((to, lane) => {
            for (let offset = 1; offset <= to; offset++) expect(told.has(`${lane}:${offset}`)).toBe(true)
          })
        }
        answer(100)
        read = { asked: vector, end: [...log] }
        answer(1_000)
        expect(vector).toEqual(log)
      }),
      { numRuns: 500 },
    )
  })
})
