import { expect, test } from 'vitest'
import { ServedRate } from './served-rate.ts'

test('what was served in the last two seconds counts, and nothing older', () => {
  const rate = new ServedRate()
  for (let ms = 0; ms < 2_000; ms += 10) rate.served(5, ms)
  expect(rate.perSecond(1_999)).toBe(500)
  expect(rate.perSecond(2_999)).toBe(250)
  expect(rate.perSecond(60_000)).toBe(0)
  rate.served(100, 60_000)
  expect(rate.perSecond(60_100)).toBe(50)
})
