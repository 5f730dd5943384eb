import { MAX_HINTED_EVENT_BYTES, MAX_MESSAGE_BYTES, recordOf } from '@skein/server'
import { describe, expect, test } from 'vitest'
import type { OpenedBus } from './bus-harness.ts'
import { join, range, record, records, until } from './member.ts'

/** Above what may wait in a node, in characters, when each event is just small enough to travel. */
const TOO_MANY = 4_000

export function hints(opened: OpenedBus): void {
  describe('hints', () => {
    test('reach the nodes that subscribed, whole, and nobody else', async () => {
      const [ann, ben, cid] = [
        await join(opened(), 'a'),
        await join(opened(), 'b'),
        await join(opened(), 'c'),
      ]
      expect(await ben.subscribe('reach', 'one')).toBe(true)
      expect(await cid.subscribe('reach', 'other')).toBe(true)
      expect(await cid.subscribe('elsewhere', 'one')).toBe(true)
      const sent = [record('reach', 'one', 1, 'ä€𝄞"\\\u0000'), record('reach', 'unheard', 1)]
      ann.bus.publish(sent)
      ann.bus.publish([record('reach', 'other', 1)])
      await until(opened(), 'both were told', () => ben.hints.length > 0 && cid.hints.length > 0)
      expect(ben.hints.map(recordOf)).toEqual([sent[0]])
      expect(cid.hints.map(recordOf)).toEqual([record('reach', 'other', 1)])
      await until(opened(), 'the server said that it took them', () => ann.bus.counters.published === 3)
      expect(ann.bus.counters.dropped).toBe(0)
      expect(ben.bus.counters).toMatchObject({ received: 1, malformed: 0 })
    })

    test('do not come back to the node that published them', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      await ann.subscribe('own', 'one')
      await ben.subscribe('own', 'one')
      ann.bus.publish([record('own', 'one', 1)])
      ben.bus.publish([record('own', 'one', 2)])
      await until(opened(), 'each heard the other', () => ann.hints.length > 0 && ben.hints.length > 0)
      expect([ann.heard('one'), ben.heard('one')]).toEqual([[2], [1]])
    })

    test('of large events are positions, to be read', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      await ben.subscribe('large', 'one')
      const large = record('large', 'one', 1, 'é'.repeat(MAX_HINTED_EVENT_BYTES / 2))
      ann.bus.publish([large, record('large', 'one', 2)])
      await until(opened(), 'both arrive', () => ben.hints.length === 2)
      const { app, conversation, lane, laneOffset, event } = large
      expect(ben.hints[0]).toEqual({ app, conversation, lane, laneOffset, origin: event.origin, seq: 1 })
      expect(ben.hints[1]?.event).toBeDefined()
    })

    test('stop when the node unsubscribes, and come again when it subscribes again at once', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      await ben.subscribe('stop', 'one')
      await ben.subscribe('stop', 'two')
      await ben.subscribe('stop', 'kept')
      ben.bus.unsubscribe('stop', 'one')
      ben.bus.unsubscribe('stop', 'two')
      expect(await ben.subscribe('stop', 'two')).toBe(true)
      ann.bus.publish([record('stop', 'one', 1), record('stop', 'two', 1), record('stop', 'kept', 1)])
      await until(opened(), 'those that are subscribed arrive', () => ben.hints.length === 2)
      expect([ben.heard('one'), ben.heard('two'), ben.heard('kept')]).toEqual([[], [1], [1]])
    })

    test('of one turn arrive all and in order per conversation, a thousand of them too', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      const conversations = Array.from({ length: 10 }, (_, index) => `c${index}`)
      for (const conversation of conversations) await ben.subscribe('many', conversation)
      for (let turn = 0; turn < 100; turn++)
        for (const conversation of conversations) ann.bus.publish([record('many', conversation, turn + 1)])
      await until(opened(), 'all arrive', () => ben.hints.length >= 1_000)
      for (const conversation of conversations) expect(ben.heard(conversation)).toEqual(range(1, 100))
    })

    test('keep their order over many turns', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      await ben.subscribe('turns', 'one')
      for (let turn = 0; turn < 50; turn++) {
        ann.bus.publish(records('turns', 'one', turn * 10 + 1, turn * 10 + 10))
        await opened().until(() => ben.hints.length > turn * 5, 1_000)
      }
      await until(opened(), 'all arrive', () => ben.hints.length >= 500)
      expect(ben.heard('one')).toEqual(range(1, 500))
    })

    test('beyond what may wait are dropped and counted; the rest still arrives', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      await ben.subscribe('bound', 'one')
      const text = 'x'.repeat(MAX_HINTED_EVENT_BYTES - 300)
      for (let seq = 1; seq <= TOO_MANY; seq++) ann.bus.publish([record('bound', 'one', seq, text)])
      const { dropped } = ann.bus.counters
      expect(dropped).toBeGreaterThan(0)
      await until(opened(), 'the rest arrives', () => ben.hints.length === TOO_MANY - dropped)
      expect(ben.heard('one')).toEqual(range(1, TOO_MANY - dropped))
      await until(opened(), 'they are counted', () => ann.bus.counters.published === TOO_MANY - dropped)
      expect(ann.bus.counters.dropped).toBe(dropped)
    })

    test('of thousands of conversations that a node subscribes in one turn arrive', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      const names = range(1, 2_500).map((index) => `c${index}`)
      const confirmed = names.map((name) => ben.bus.subscribe('crowd', name))
      const all = Promise.all(confirmed)
      let done = false
      void all.then(() => (done = true))
      await until(opened(), 'all are confirmed', () => done)
      expect(await all).not.toContain(false)
      ann.bus.publish(names.map((name) => record('crowd', name, 1)))
      await until(opened(), 'all arrive', () => ben.hints.length === names.length)
    })
  })
}

export function messages(opened: OpenedBus): void {
  describe('messages between nodes', () => {
    test('reach all others, one, or those that subscribed to a conversation', async () => {
      const [ann, ben, cid] = [
        await join(opened(), 'a'),
        await join(opened(), 'b'),
        await join(opened(), 'c'),
      ]
      for (const member of [ann, ben]) await member.subscribe('soft', 'one')
      expect(ann.bus.send({ to: 'conversation', app: 'soft', conversation: 'one' }, { typing: 'ann' })).toBe(
        true,
      )
      expect(ann.bus.send({ to: 'node', node: 'b' }, { only: 'ben' })).toBe(true)
      expect(ann.bus.send({ to: 'all' }, { drain: ['x', 1, null] })).toBe(true)
      await until(opened(), 'all arrive', () => ben.messages.length === 3 && cid.messages.length === 1)
      expect(ben.messages.map(({ body }) => body)).toEqual(
        expect.arrayContaining([{ typing: 'ann' }, { only: 'ben' }, { drain: ['x', 1, null] }]),
      )
      expect(cid.messages).toEqual([{ from: 'a', target: { to: 'all' }, body: { drain: ['x', 1, null] } }])
      expect(ann.messages).toEqual([])
    })

    test('to oneself take the way through the bus', async () => {
      const ann = await join(opened(), 'a')
      ann.bus.send({ to: 'node', node: 'a' }, { probe: 7 })
      expect(ann.messages).toEqual([])
      await until(opened(), 'it comes back', () => ann.messages.length === 1)
      expect(ann.messages[0]).toMatchObject({ from: 'a', body: { probe: 7 } })
    })

    test('reach a node whose id is longer than a channel name', async () => {
      const long = `node-${'n'.repeat(100)}`
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), long)]
      ann.bus.send({ to: 'node', node: long }, { hello: true })
      await until(opened(), 'it arrives', () => ben.messages.length === 1)
    })

    test('that are too large are refused', async () => {
      const ann = await join(opened(), 'a')
      expect(ann.bus.send({ to: 'all' }, { text: 'x'.repeat(MAX_MESSAGE_BYTES) })).toBe(false)
      expect(ann.bus.counters.dropped).toBe(1)
    })

    test('sent right before a node stops still arrive', async () => {
      const [ann, ben] = [await join(opened(), 'a'), await join(opened(), 'b')]
      ann.bus.send({ to: 'all' }, { leaving: 'a' })
      void ann.bus.stop()
      await until(opened(), 'the farewell arrives', () => ben.messages.length === 1)
      await until(opened(), 'it stopped', () => ann.bus.state === 'down')
      expect(ann.changes.at(-1)).toMatchObject({ state: 'down', reason: 'stopped' })
    })
  })
}
