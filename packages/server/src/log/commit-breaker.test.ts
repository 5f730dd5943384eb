import type { BreakerChange } from '@skein/resilience'
import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { COMMIT_HUNG_MS, CommitBreaker } from './commit-breaker.ts'

function setUp() {
  const runtime = new ManualRuntime()
  const changes: string[] = []
  const onChange = ({ to, reason }: BreakerChange): void => void changes.push(`${to}: ${reason}`)
  const breaker = new CommitBreaker({ runtime, onChange })
  const begin = () => {
    const attempt = breaker.begin()
    expect(attempt).toBeDefined()
    return attempt!
  }
  return { runtime, changes, breaker, begin }
}

describe('the breaker around commits', () => {
  test('opens after five failures in a row, of whichever lane, and lets one probe close it', () => {
    const { runtime, changes, breaker, begin } = setUp()
    for (let failures = 0; failures < 5; failures++) begin().failed()
    expect(breaker.begin()).toBeUndefined()
    expect(breaker.retryAfterMs).toBeLessThanOrEqual(200)
    runtime.nowMs += 200
    const probe = begin()
    expect(breaker.begin()).toBeUndefined()
    probe.succeeded()
    begin()
    expect(changes).toEqual(['open: failuresInRow', 'halfOpen: probing', 'closed: succeeded'])
  })

  test('opens when nothing under way has been answered for three seconds', () => {
    const { runtime, changes, breaker, begin } = setUp()
    begin()
    runtime.nowMs += COMMIT_HUNG_MS - 1
    breaker.look()
    expect(changes).toEqual([])
    runtime.nowMs += 1
    breaker.look()
    expect(breaker.state.name).toBe('open')
  })

  test('one lane that hangs while others are answered does not open it', () => {
    const { runtime, breaker, begin } = setUp()
    begin()
    runtime.nowMs += COMMIT_HUNG_MS
    begin()
    breaker.look()
    expect(breaker.state.name).toBe('closed')
  })

  test('what hung and is answered in the end leaves nothing behind', () => {
    const { runtime, breaker, begin } = setUp()
    const hung = begin()
    runtime.nowMs += COMMIT_HUNG_MS
    breaker.look()
    hung.succeeded()
    runtime.nowMs += 1_000
    begin().succeeded()
    runtime.nowMs += COMMIT_HUNG_MS
    breaker.look()
    expect(breaker.state.name).toBe('closed')
  })
})
