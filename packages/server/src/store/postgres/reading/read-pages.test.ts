import { describe, expect, test } from 'vitest'
import type { EventRow } from '../commit/event-row.ts'
import { pageOf } from './read-pages.ts'

const row = (origin: string, seq: number, hlc: number): EventRow => ({
  app: 'a',
  conversation: 'g',
  lane: 0,
  lane_offset: hlc,
  origin_name: origin,
  seq,
  hlc,
  count: seq,
  at: 0,
  sender: 'ann',
  client_id: `${origin} ${seq}`,
  kind: 'message',
  body: '{}',
})
const request = { app: 'a', conversation: 'g', cursor: {}, limit: 3 }
const heads = { 'r.a': { seq: 2, count: 2 }, 'r.b': { seq: 2, count: 2 } }
const rows = [row('r.b', 1, 30), row('r.b', 2, 40), row('r.a', 1, 10), row('r.a', 2, 20)]

describe('a page of several origins', () => {
  test('is whole up to its cursor, in the order of the timeline', () => {
    const page = pageOf(request, { heads, intervals: [] }, rows)
    expect(page.records.map((record) => record.event.hlc)).toEqual([10, 20, 30])
    expect(page).toMatchObject({ cursor: { 'r.a': 2, 'r.b': 1 }, more: true })
  })

  test('passes over what the user may not see', () => {
    const page = pageOf(
      { ...request, user: 'bob' },
      { heads, intervals: [{ from: { 'r.a': 1 }, until: { 'r.a': 2 } }] },
      rows,
    )
    expect(page.records.map((record) => record.event.hlc)).toEqual([20])
    expect(page).toMatchObject({ cursor: { 'r.a': 2, 'r.b': 1 }, more: true, notMember: false })
  })
})
