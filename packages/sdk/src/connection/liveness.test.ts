import { describe, expect, it } from 'vitest'
import { aliveSince, checkLiveness, heard, livenessDueMs, wrote } from './liveness.ts'

const HEARTBEAT_MS = 10_000

describe('liveness', () => {
  it('pings who is silent although requests keep going out to it (simulator, seed 52)', () => {
    let live = aliveSince(0, HEARTBEAT_MS)
    for (let nowMs = 3_000; nowMs < HEARTBEAT_MS; nowMs += 3_000) live = wrote(live, nowMs)
    expect(livenessDueMs(live)).toBe(HEARTBEAT_MS)
    const pinged = checkLiveness(live, HEARTBEAT_MS)
    expect(pinged).toMatchObject({ pings: 1 })
    if (pinged === 'dead') throw new Error('a ping comes first')
    expect(checkLiveness(wrote(pinged, 12_000), 14_000)).toBe('dead')
  })

  it('asks nothing of who is heard and is sent something', () => {
    const live = heard(wrote(aliveSince(0, HEARTBEAT_MS), 9_000), 9_500)
    expect(checkLiveness(live, 15_000)).toBe(live)
  })
})
