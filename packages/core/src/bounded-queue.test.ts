import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AssertionError } from './assert.ts'
import { BoundedQueue } from './bounded-queue.ts'

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant('push' as const) },
  { weight: 1, arbitrary: fc.nat({ max: 5 }) },
)

describe('BoundedQueue', () => {
  test('does what a plain array with a check does, whatever the steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
        const queue = new BoundedQueue<number>(capacity)
        const model: number[] = []
        let next = 0
        for (const one of steps) {
          if (one === 'push') {
            const room = model.length < capacity
            expect(queue.push(next)).toBe(room)
            if (room) model.push(next)
            next++
          } else {
            expect(queue.take(one)).toEqual(model.splice(0, one))
          }
          expect(queue.length).toBe(model.length)
          expect(queue.peek()).toBe(model[0])
        }
      }),
    )
  })

  test('keeps order over the point where it drops what was taken', () => {
    const queue = new BoundedQueue<number>(5_000)
    let pushed = 0
    let taken = 0
    for (let round = 0; round < 40; round++) {
      while (queue.push(pushed)) pushed++
      for (const item of queue.take(700)) expect(item).toBe(taken++)
    }
    expect(queue.length).toBe(pushed - taken)
  })

  test('refuses one item beyond its capacity and takes one again after room was made', () => {
    const queue = new BoundedQueue<string>(1)
    expect(queue.push('a')).toBe(true)
    expect(queue.push('b')).toBe(false)
    expect(queue.take(1)).toEqual(['a'])
    expect(queue.push('b')).toBe(true)
  })

  test.each([0, -1, 1.5, NaN])('names the capacity %d that it cannot have', (capacity) => {
    expect(() => new BoundedQueue(capacity)).toThrow(AssertionError)
    expect(() => new BoundedQueue(capacity)).toThrow(String(capacity))
  })
})
