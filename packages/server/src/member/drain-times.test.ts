import { decodeServerMessage, encodeFrame } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import { drainTimes } from './drain-times.ts'

describe('the times of a drain', () => {
  it.each([2_501, 3_333, 8_001])(
    'a window of %d ms gives clients a frame that they can read (simulator, seed 12)',
    (windowMs) => {
      const { withinMs } = drainTimes({ windowMs, hard: true, sessions: 5, targets: 2 })
      const frame = encodeFrame({ t: 'migrate', withinMs, reason: 'this node is draining' })
      expect(decodeServerMessage(frame)).toMatchObject([{ ok: true, frame: { t: 'migrate', withinMs } }])
    },
  )
})
