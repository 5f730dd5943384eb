import { describe, expect, it } from 'vitest'
import { VirtualTime } from './virtual-time.ts'

describe('virtual time', () => {
  it('runs events by time, then in the order in which they were scheduled', async () => {
    const time = new VirtualTime(0)
    const seen: string[] = []
    time.after(5, () => seen.push('late'))
    for (const name of ['a', 'b', 'c']) time.after(1, () => seen.push(`${name}@${time.nowMs}`))
    await time.run(10)
    expect(seen).toEqual(['a@1', 'b@1', 'c@1', 'late'])
    expect(time.nowMs).toBe(10)
  })

  it('drains all microtasks before the next event', async () => {
    const time = new VirtualTime(0)
    const seen: string[] = []
    time.after(1, () => {
      void (async () => {
        for (let hop = 0; hop < 50; hop++) await Promise.resolve()
        seen.push('chain')
      })()
    })
    time.after(1, () => seen.push('next'))
    await time.run(1)
    expect(seen).toEqual(['chain', 'next'])
  })

  it('forgets what an ended actor or a cancelled timer would have done', async () => {
    const time = new VirtualTime(0)
    const seen: string[] = []
    const actor = time.actor(1)
    actor.timers.after(1, () => seen.push('dead'))
    actor.end()
    time.after(1, () => seen.push('cancelled'))()
    time.after(1, () => seen.push('alive'))
    await time.run(5)
    expect(seen).toEqual(['alive'])
  })

  it('keeps for a paused actor what comes due and what reaches it, in order, until it goes on', async () => {
    const time = new VirtualTime(0)
    const actor = time.actor(1)
    const seen: string[] = []
    const note = (what: string) => () => void seen.push(`${what}@${time.nowMs}`)
    for (const atMs of [2, 4, 30]) actor.timers.after(atMs, note(`timer ${atMs}`))
    const cancel = actor.timers.after(5, note('cancelled'))
    time.after(1, () => actor.pause())
    time.after(3, () => actor.reach(note('message')))
    void actor.hear(time.sleep(6)).then(note('answer'))
    time.after(7, cancel)
    time.after(20, () => {
      actor.resume()
      actor.reach(note('next message'))
    })
    await time.run(50)
    expect(seen).toEqual([
      'timer 2@20',
      'message@20',
      'timer 4@20',
      'answer@20',
      'next message@20',
      'timer 30@30',
    ])
  })

  it('skews an actor’s wall clock and leaves its monotonic time alone', () => {
    const actor = new VirtualTime(1_000).actor(1)
    actor.skew(-300)
    expect([actor.clock.now(), actor.clock.monotonicMs()]).toEqual([700, 1_000])
  })

  it('stops at `done`, and rejects when something throws', async () => {
    const time = new VirtualTime(0)
    let count = 0
    const tick = (): void => {
      count++
      time.after(1, tick)
    }
    tick()
    expect(await time.run(1_000, () => count === 7)).toBe('done')
    time.after(0, () => {
      throw new Error('broken')
    })
    await expect(time.run(1_000)).rejects.toThrow('broken')
  })
})
