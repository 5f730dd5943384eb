import { expect, test } from 'vitest'
import { mergeMarks } from './read-cursors.ts'

const mark = (seq: number): { seq: number; count: number } => ({ seq, count: seq })

test('read marks merge by maximum per origin', () => {
  expect(mergeMarks({ 'r.a': mark(5), 'r.b': mark(1) }, { 'r.a': mark(3), 'r.b': mark(2) })).toEqual({
    'r.a': mark(5),
    'r.b': mark(2),
  })
})

test('nothing that goes back or stands still moves them', () => {
  expect(mergeMarks({ 'r.a': mark(5) }, { 'r.a': mark(5) })).toBeUndefined()
  expect(mergeMarks({ 'r.a': mark(5) }, {})).toBeUndefined()
})
