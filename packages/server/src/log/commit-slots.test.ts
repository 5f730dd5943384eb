import { expect, test } from 'vitest'
import { CommitSlots } from './commit-slots.ts'

test('as many as there are slots have their turn at once, the others in the order in which they came', () => {
  const slots = new CommitSlots(2)
  const granted: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) slots.request({ granted: () => void granted.push(name) })
  expect(granted).toEqual(['a', 'b'])
  slots.release()
  expect(granted).toEqual(['a', 'b', 'c'])
  slots.release()
  slots.release()
  slots.request({ granted: () => void granted.push('e') })
  expect(granted).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('whoever gives his slot back at once does not keep it from the next', () => {
  const slots = new CommitSlots(1)
  const granted: string[] = []
  const brief = (name: string) => ({
    granted(): void {
      granted.push(name)
      slots.release()
    },
  })
  for (const name of ['a', 'b', 'c']) slots.request(brief(name))
  expect(granted).toEqual(['a', 'b', 'c'])
})
