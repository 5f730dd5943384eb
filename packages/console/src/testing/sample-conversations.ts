import type { TimelineItem } from '@skein/sdk'
import type { FakeParts } from './fake-conversation.ts'
import { timelineItem } from './timeline-items.ts'

const MINUTE_MS = 60_000

const lines = (
  nowMs: number,
  said: readonly (readonly [minutesAgo: number, sender: string, text: string])[],
): TimelineItem[] =>
  said.map(([minutesAgo, sender, text]) => timelineItem({ at: nowMs - minutesAgo * MINUTE_MS, sender, text }))

const flight = (nowMs: number): TimelineItem[] => [
  timelineItem({
    at: nowMs - 1_500 * MINUTE_MS,
    kind: 'create',
    sender: 'grace',
    body: { type: 'group', title: 'Flight plan', members: [] },
  }),
  ...lines(nowMs, [
    [1_490, 'grace', 'Welcome, everybody. Here we plan the migration.'],
    [1_488, 'ken', 'Good. When do we leave?'],
    [1_480, 'ada', 'Thursday, if the weather holds.'],
  ]),
  timelineItem({
    at: nowMs - 60 * MINUTE_MS,
    kind: 'member',
    sender: 'grace',
    body: { change: 'add', members: [{ user: 'margaret', role: 'member' }] },
  }),
  ...lines(nowMs, [
    [42, 'margaret', 'Hello! I read up on the plan this morning.'],
    [41, 'margaret', 'Two questions: who leads the first leg, and what happens when the leader tires?'],
    [
      39,
      'grace',
      'Another takes its place, and none is lost.\nThat is the whole idea: https://example.org/skein?leg=1.',
    ],
    [20, 'ada', 'I lead the first leg'],
    [
      20,
      'ada',
      'Ken the second, then we see how strong the wind is. It should be calm until noon, and we can rest at the lake if it is not.',
    ],
    [4, 'ken', '👍'],
    [3, 'grace', 'Perfect.'],
  ]),
]

const waiting = (nowMs: number): TimelineItem[] => [
  timelineItem({ at: nowMs - 2 * MINUTE_MS, text: 'On my way', state: 'durable' }),
  timelineItem({ at: nowMs - 60_000, text: 'I will be there at ten', state: 'sent' }),
  timelineItem({ at: nowMs - 30_000, text: 'Save me a seat, please', state: 'queued' }),
  timelineItem({ at: nowMs - 20_000, text: 'And one for Linus', state: 'failed', reason: 'forbidden' }),
]

const page = (nowMs: number, index: number): TimelineItem[] =>
  Array.from({ length: 200 }, (_, line) =>
    timelineItem({
      at: nowMs - (2_000 + (5 - index) * 400 - line) * MINUTE_MS,
      sender: line % 7 < 4 ? 'linus' : 'ada',
      text: `Line ${line} of page ${index}. ${'It goes on for a while. '.repeat((line * 7) % 5)}`,
    }),
  )

/** What Ada sees: a group, message states, a long history, unread messages. */
export function sampleConversations(nowMs: number): readonly FakeParts[] {
  const person = (user: string, role: 'owner' | 'admin' | 'member') => ({ user, role, name: undefined })
  const members = [
    person('ada', 'owner'),
    person('grace', 'admin'),
    person('ken', 'member'),
    person('margaret', 'member'),
  ]
  return [
    { id: 'g_flight', type: 'group', title: 'Flight plan', members, items: flight(nowMs) },
    {
      id: 'd_grace',
      type: 'direct',
      peer: 'grace',
      members: [],
      items: [...lines(nowMs, [[9, 'grace', 'Are you coming?']]), ...waiting(nowMs)],
    },
    {
      id: 'd_linus',
      type: 'direct',
      peer: 'linus',
      members: [],
      items: page(nowMs, 4),
      olderPages: [0, 1, 2, 3].map((index) => page(nowMs, index)),
    },
    {
      id: 'd_ken',
      type: 'direct',
      peer: 'ken',
      members: [],
      items: lines(nowMs, [[2_000, 'ken', 'Have you seen the new release? It is quite something.']]),
      unread: 3,
    },
    {
      id: 'g_lunch',
      type: 'group',
      title: 'Lunch on Friday, the place by the river with the long tables',
      members,
      items: lines(nowMs, [[9_000, 'barbara', 'Noodles!']]),
      unread: 128,
    },
  ]
}
