import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Subscriptions } from './subscriptions.ts'

const steps = fc.array(
  fc.oneof(
    fc.record({
      act: fc.constantFrom('want' as const, 'note' as const, 'drop' as const),
      channel: fc.constantFrom('a', 'b', 'c'),
    }),
    fc.record({
      act: fc.constantFrom('take' as const, 'confirm' as const, 'lost' as const),
      channel: fc.constant(''),
    }),
  ),
  { maxLength: 60 },
)

describe('subscriptions', () => {
  test('whatever is wanted, dropped and lost in between, the wire ends up with exactly what is wanted', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const subscriptions = new Subscriptions()
        const wanted = new Set<string>()
        const wire = new Set<string>()
        let underWay: readonly string[] | undefined
        const take = (): boolean => {
          const { add, remove } = subscriptions.take(2)
          for (const channel of remove) expect(wire.delete(channel)).toBe(true)
          underWay = add
          return add.length + remove.length > 0
        }
        const confirm = (): void => {
          for (const channel of underWay ?? []) wire.add(channel)
          subscriptions.added(underWay ?? [])
          underWay = undefined
        }
        for (const { act, channel } of history) {
          if (act === 'want' || act === 'note') {
            wanted.add(channel)
            void subscriptions[act](channel)
          } else if (act === 'drop') {
            wanted.delete(channel)
            subscriptions.drop(channel)
          } else if (act === 'take') {
            if (underWay === undefined) take()
          } else if (act === 'confirm') {
            confirm()
          } else {
            underWay = undefined
            wire.clear()
            subscriptions.lost()
          }
        }
        if (underWay !== undefined) confirm()
        while (take()) confirm()
        expect(subscriptions.settled).toBe(true)
        expect(wire).toEqual(wanted)
      }),
    )
  })

  test('who waits is told when the wire has it, when it is dropped and when the wire is lost', async () => {
    const subscriptions = new Subscriptions()
    const [one, two, three] = ['one', 'two', 'three'].map((channel) => subscriptions.want(channel))
    expect(subscriptions.take(10)).toEqual({ add: ['one', 'two', 'three'], remove: [] })
    subscriptions.added(['one'])
    subscriptions.drop('two')
    subscriptions.lost()
    expect(await Promise.all([one, two, three])).toEqual([true, false, false])
  })

  test('a channel that is being removed is not taken for confirmed', async () => {
    const subscriptions = new Subscriptions()
    subscriptions.note('one')
    subscriptions.added(subscriptions.take(10).add)
    subscriptions.drop('one')
    expect(subscriptions.take(10)).toEqual({ add: [], remove: ['one'] })
    const again = subscriptions.want('one')
    expect(subscriptions.take(10)).toEqual({ add: ['one'], remove: [] })
    subscriptions.added(['one'])
    expect(await again).toBe(true)
  })
})
