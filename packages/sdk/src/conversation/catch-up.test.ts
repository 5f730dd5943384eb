import type { ClientFrame } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import { Requests } from '../requests.ts'
import { manualRuntime } from '../testing/manual-runtime.ts'
import { CatchUp, type Followed } from './catch-up.ts'

function scene(behind: boolean) {
  const runtime = manualRuntime()
  const asked: ClientFrame[] = []
  const requests = new Requests(runtime, (frame) => asked.push(frame) > 0)
  const followed: Followed = {
    cursor: () => ({ 'local.a1': 1 }),
    isBehind: () => behind,
    applyPage: () => true,
    markLeft: () => {},
    isListed: () => true,
  }
  const catchUp = new CatchUp(requests, runtime, followed)
  catchUp.online()
  return { runtime, asked, catchUp, requests }
}

describe('catching up', () => {
  it('is not forgotten when the server says `behind` while a second look is pending (simulator, seed 993)', async () => {
    const { runtime, asked, catchUp } = scene(false)
    catchUp.lookSoon('g')
    catchUp.need('g')
    await runtime.advance(2_000)
    expect(asked).toMatchObject([{ t: 'sync', conversation: 'g' }])
  })

  it('waits as long as the server says, and asks for others meanwhile', async () => {
    const { runtime, asked, catchUp, requests } = scene(true)
    catchUp.need('g')
    requests.refuse({
      t: 'error',
      code: 'overloaded',
      message: 'later',
      requestId: 'r1',
      retryAfterMs: 3_000,
    })
    catchUp.need('g')
    catchUp.need('h')
    await runtime.advance(2_900)
    expect(asked).toMatchObject([{ conversation: 'g' }, { conversation: 'h' }])
    await runtime.advance(200)
    expect(asked).toMatchObject([{ conversation: 'g' }, { conversation: 'h' }, { conversation: 'g' }])
  })

  it('asks nothing when what was missing has come meanwhile', async () => {
    const { runtime, asked, catchUp } = scene(false)
    catchUp.lookSoon('g')
    await runtime.advance(2_000)
    expect(asked).toEqual([])
  })
})
