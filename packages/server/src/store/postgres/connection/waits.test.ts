import { expect, test } from 'vitest'
import { LONG_WAIT_MS, REFUSED_OF_LATE_MS, Waits } from './waits.ts'

const FOR = 'for their turn'

test('that there is always somebody who waits is not told, as long as nobody waits for long', () => {
  const waits = new Waits()
  let end = waits.begin(0)
  for (let nowMs = 0; nowMs < 10 * LONG_WAIT_MS; nowMs += LONG_WAIT_MS / 2) {
    const next = waits.begin(nowMs)
    end()
    end = next
    expect(waits.state(nowMs, FOR)).toEqual({ state: 'idle' })
  }
})

test('a wait that lasts is told with how many wait, until it is over', () => {
  const waits = new Waits()
  const [first, second] = [waits.begin(0), waits.begin(LONG_WAIT_MS - 1)]
  expect(waits.state(LONG_WAIT_MS - 1, FOR).state).toBe('idle')
  expect(waits.state(LONG_WAIT_MS, FOR)).toEqual({
    state: 'acting',
    reason: '2 wait for their turn, the first of them for more than 1000 ms',
  })
  first()
  first()
  expect(waits.state(LONG_WAIT_MS, FOR).state).toBe('idle')
  second()
  expect(waits.state(10 * LONG_WAIT_MS, FOR).state).toBe('idle')
})

test('a refusal is told for a while, though nobody waits any more', () => {
  const waits = new Waits()
  waits.refuse(0)
  expect(waits.state(REFUSED_OF_LATE_MS - 1, FOR)).toMatchObject({ state: 'acting' })
  expect(waits.state(REFUSED_OF_LATE_MS, FOR)).toEqual({ state: 'idle' })
  expect(waits.refused).toBe(1)
})
