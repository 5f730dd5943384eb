import { expect, test } from 'vitest'
import { CommitSlots } from './commit-slots.ts'

test('as many as there are slots have their turn at once, then whoever has what waits longest', () => {
  const slots = new CommitSlots(2)
  const granted: string[] = []
  const request = (name: string, oldestAtMs: number): void =>
    slots.request({ oldestAtMs, granted: () => void granted.push(name) })
  request('a', 9)
  request('b', 8)
  request('c', 7)
  request('d', 5)
  request('e', 7)
  expect(granted).toEqual(['a', 'b'])
  for (let ends = 0; ends < 5; ends++) slots.release()
  expect(granted).toEqual(['a', 'b', 'd', 'c', 'e'])
  request('f', 1)
  request('g', 1)
  request('h', 1)
  expect(granted).toEqual(['a', 'b', 'd', 'c', 'e', 'f', 'g'])
})

test('whoever gives his slot back at once does not keep it from the next', () => {
  const slots = new CommitSlots(1)
  const granted: string[] = []
  const brief = (name: string) => ({
    oldestAtMs: 0,
    granted(): void {
      granted.push(name)
      slots.release()
    },
  })
  for (const name of ['a', 'b', 'c']) slots.request(brief(name))
  expect(granted).toEqual(['a', 'b', 'c'])
})
