import { describe, expect, test, vi } from 'vitest'
import type { BusHandlers, Hint } from '../bus/bus.ts'
import { NodeBus } from './node-bus.ts'

const event = {
  origin: 'r.a',
  seq: 3,
  hlc: 3,
  sender: 'ann',
  clientId: '0190f3a4-0000-7000-8000-0000000000ff',
  kind: 'message',
  body: {},
  count: 3,
  at: 1,
}
const hint: Hint = { app: 'app', conversation: 'c', lane: 0, laneOffset: 9, origin: 'r.a', seq: 3, event }

function setUp(hasPeers = true) {
  let handlers: BusHandlers | undefined
  const bus = { start: (given: BusHandlers) => (handlers = given), publish: vi.fn() }
  const hub = { publish: vi.fn(), heads: vi.fn() }
  const tail = { hurry: vi.fn(), poke: vi.fn() }
  const onMessage = vi.fn()
  const nodeBus = new NodeBus({
    bus,
    hub,
    tail,
    typing: { hear: ({ body }) => 'typing' in body },
    hasPeers: () => hasPeers,
    origin: () => 'r.a',
    onMessage,
  })
  nodeBus.start()
  if (handlers === undefined) throw new Error('the bus is started')
  return { nodeBus, bus, hub, tail, onMessage, handlers }
}

describe("the node's side of the bus", () => {
  test('a hint with its event is passed on, one without it is read', () => {
    const { hub, handlers } = setUp()
    const { event: _, ...position } = { ...hint, seq: 4 }
    handlers.onHints([hint, position])
    expect(hub.publish.mock.calls).toMatchObject([[[{ conversation: 'c', laneOffset: 9, event }]]])
    expect(hub.heads.mock.calls).toMatchObject([[[{ conversation: 'c', origin: 'r.a', seq: 4 }]]])
  })

  test('an event of another incarnation is read, not believed: the node that told it may have slept', () => {
    const { hub, handlers } = setUp()
    handlers.onHints([{ ...hint, origin: 'r.gone' }])
    expect(hub.publish).not.toHaveBeenCalled()
    expect(hub.heads).toHaveBeenCalledOnce()
  })

  test('nothing is published while there is nobody to hear it', () => {
    const alone = setUp(false)
    alone.nodeBus.publish([{ app: 'app', conversation: 'c', lane: 0, laneOffset: 9, event }])
    expect(alone.bus.publish).not.toHaveBeenCalled()
    const inCluster = setUp()
    inCluster.nodeBus.publish([{ app: 'app', conversation: 'c', lane: 0, laneOffset: 9, event }])
    expect(inCluster.bus.publish).toHaveBeenCalledOnce()
  })

  test('messages that are not about typing are for others to understand', () => {
    const { onMessage, handlers } = setUp()
    handlers.onMessage({ from: 'n2', target: { to: 'all' }, body: { probe: 'x' } })
    handlers.onMessage({ from: 'n2', target: { to: 'all' }, body: { typing: {} } })
    expect(onMessage).toHaveBeenCalledOnce()
  })

  test('whatever becomes of the bus, the log is read at once, and more often while it is down', () => {
    const { tail, handlers } = setUp()
    handlers.onState({ state: 'down', reason: 'silent', message: 'nothing comes back' })
    handlers.onState({ state: 'up' })
    expect(tail.hurry.mock.calls).toEqual([[true], [false]])
    expect(tail.poke).toHaveBeenCalledTimes(2)
  })
})
