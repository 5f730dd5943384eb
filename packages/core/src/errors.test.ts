import { expect, test } from 'vitest'
import { assert, AssertionError } from './assert.ts'
import { SkeinError } from './errors.ts'

test('an error says why, what to do, and what caused it', () => {
  const cause = new Error('connection refused')
  const error = new SkeinError('unavailable', 'the store is away', {
    remedy: 'retry',
    retryAfterMs: 500,
    cause,
  })
  expect(error).toMatchObject({
    name: 'SkeinError',
    reason: 'unavailable',
    remedy: 'retry',
    retryAfterMs: 500,
    cause,
  })
})

test('an error without advice is given up', () => {
  expect(new SkeinError('broken', 'no more').remedy).toBe('giveUp')
  expect('cause' in new SkeinError('broken', 'no more')).toBe(false)
})

test('a broken assumption names itself', () => {
  expect(() => assert(false, 'lanes are locked in order')).toThrow(AssertionError)
  expect(() => assert(true, 'never seen')).not.toThrow()
})
