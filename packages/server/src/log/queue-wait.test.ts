import { expect, test } from 'vitest'
import { QueueWait } from './queue-wait.ts'

test('the mean is over entries, not over batches', () => {
  const wait = new QueueWait()
  wait.served(1, 100, 1_000)
  wait.served(3, 60, 1_300)
  expect(wait.meanMs(1_400)).toBe(40)
})

test('what was served a second ago says nothing about now', () => {
  const wait = new QueueWait()
  expect(wait.meanMs(1_000)).toBe(0)
  wait.served(2, 400, 1_000)
  expect(wait.meanMs(1_740)).toBe(200)
  expect(wait.meanMs(2_000)).toBe(0)
})
