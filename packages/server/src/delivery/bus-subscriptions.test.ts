import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { BusSubscriptions } from './bus-subscriptions.ts'

function setUp(up = true) {
  const runtime = new ManualRuntime()
  const said: string[] = []
  const subscriptions = new BusSubscriptions({
    bus: {
      subscribe: (_, conversation) => {
        said.push(`+${conversation}`)
        return Promise.resolve(up)
      },
      unsubscribe: (_, conversation) => void said.push(`-${conversation}`),
    },
    timers: runtime.timers,
    onSubscribed: () => said.push('read'),
  })
  const live = (id: string) => ({ app: 'app', id })
  return { runtime, said, subscriptions, live }
}

describe('subscriptions at the bus', () => {
  test('the log is read after the confirmation, and only then', async () => {
    const { runtime, said, subscriptions, live } = setUp()
    subscriptions.opened(live('a'))
    expect(said).toEqual(['+a'])
    await runtime.settle()
    expect(said).toEqual(['+a', 'read'])
  })

  test('nothing is read for a bus that is not up', async () => {
    const { runtime, said, subscriptions, live } = setUp(false)
    subscriptions.opened(live('a'))
    await runtime.settle()
    expect(said).toEqual(['+a'])
  })

  test('who comes back soon finds it subscribed; who does not is forgotten', async () => {
    const { runtime, said, subscriptions, live } = setUp()
    subscriptions.opened(live('a'))
    subscriptions.opened(live('b'))
    await runtime.settle()
    said.length = 0
    for (let i = 0; i < 3; i++) {
      subscriptions.released(live('a'))
      await runtime.advance(1_900)
      subscriptions.opened(live('a'))
    }
    expect(said).toEqual([])
    subscriptions.released(live('b'))
    await runtime.advance(4_000)
    expect(said).toEqual(['-b'])
    subscriptions.opened(live('b'))
    expect(said).toEqual(['-b', '+b'])
    await runtime.advance(10_000)
    expect(runtime.timersPending).toBe(0)
  })
})
