import fc from 'fast-check'
import type { Event } from '@skein/protocol'
import { describe, expect, test } from 'vitest'
import { message } from '../testing/fake-server.ts'
import { comparePlaces } from './order.ts'
import { Timeline } from './timeline.ts'

const origins = ['eu.a1', 'eu.b2', 'us.c3']
const kinds = ['message', 'create', 'member', 'title', 'reaction']

/** Two regions that accepted the same messages, at different places. */
const anyEvents = fc.array(
  fc.record({
    origin: fc.constantFrom(...origins),
    seq: fc.integer({ min: 1, max: 30 }),
    hlc: fc.integer({ min: 1, max: 20 }),
    sender: fc.constantFrom('ann', 'bob'),
    clientId: fc.constantFrom('one', 'two', 'three', 'four'),
    kind: fc.constantFrom(...kinds),
  }),
  { maxLength: 40 },
)

const timelineOf = (events: readonly Event[]): Timeline => {
  const timeline = new Timeline()
  for (const event of events) timeline.add(event)
  return timeline
}

/** A place names one event. */
const withUniquePlaces = (drafts: readonly Partial<Event>[]): Event[] => {
  const places = new Map(drafts.map((draft) => [`${draft.origin}/${draft.seq}`, message(1, 'ann', draft)]))
  return [...places.values()]
}

describe('a timeline', () => {
  test('ORDER1 ORDER2 is the same whichever the order in which events come and however often', () => {
    fc.assert(
      fc.property(
        anyEvents
          .map(withUniquePlaces)
          .chain((events) =>
            fc.tuple(
              fc.constant(events),
              fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
            ),
          ),
        ([events, shuffled]) => {
          expect(timelineOf(shuffled).events).toEqual(timelineOf(events).events)
        },
      ),
    )
  })

  test('ORDER1 is sorted, and ORDER2 each message stands in it once: the earliest', () => {
    fc.assert(
      fc.property(anyEvents.map(withUniquePlaces), (events) => {
        const held = timelineOf(events).events
        expect(held).toEqual([...held].sort(comparePlaces))
        const shown = events.filter(({ kind }) => kind !== 'reaction')
        const ids = new Set(shown.map(({ sender, clientId }) => `${sender}/${clientId}`))
        expect(held).toHaveLength(ids.size)
        for (const event of held) {
          const twins = shown.filter(
            ({ sender, clientId }) => sender === event.sender && clientId === event.clientId,
          )
          expect(twins.every((twin) => comparePlaces(event, twin) <= 0)).toBe(true)
        }
      }),
    )
  })

  test('VER4 shows nothing for kinds that it does not know', () => {
    expect(new Timeline().add(message(1, 'bob', { kind: 'hologram' }))).toBe(false)
  })

  test('keeps the newest when it is trimmed, and takes the others again', () => {
    const events = [1, 2, 3, 4].map((seq) => message(seq, 'bob'))
    const timeline = timelineOf(events)
    expect(timeline.trimTo(2)).toBe(true)
    expect(timeline.events).toEqual(events.slice(2))
    expect(timeline.add(message(2, 'bob'))).toBe(true)
    expect(timeline.oldest?.seq).toBe(2)
  })
})
