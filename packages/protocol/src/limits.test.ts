import { describe, expect, test } from 'vitest'
import { decodeClientMessage, decodeServerMessage, encodeFrame } from './codec.ts'
import type { ClientFrame } from './frames.ts'
import { LIMITS } from './limits.ts'
import type { Body, Cursor } from './values.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const send = (kind: 'message' | 'create' | 'member' | 'title', body: Body): ClientFrame => ({
  t: 'send',
  conversation: 'g_1',
  clientId: id,
  kind,
  body,
})
const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const member = (index: number) => ({ user: `u${index}`, role: 'member' })
const originsOf = (count: number): Cursor => Object.fromEntries(repeat(count, (index) => [`r${index}.a`, 1]))
const cursorsOf = (count: number) => Object.fromEntries(repeat(count, (index) => [`g_${index}`, {}]))

type Edge = readonly [limit: keyof typeof LIMITS, where: string, of: (size: number) => ClientFrame]

const edges: readonly Edge[] = [
  [
    'idLength',
    'a conversation id',
    (size) => ({ t: 'typing', conversation: 'c'.repeat(size), active: true }),
  ],
  [
    'idLength',
    'a user id',
    (size) => ({ t: 'members', requestId: '1', conversation: 'g', after: 'u'.repeat(size) }),
  ],
  ['idLength', 'a request id', (size) => ({ t: 'members', requestId: 'r'.repeat(size), conversation: 'g' })],
  ['titleLength', 'a title', (size) => send('title', { title: 'x'.repeat(size) })],
  [
    'titleLength',
    'the title of a new group',
    (size) => send('create', { type: 'group', title: 'x'.repeat(size), members: [] }),
  ],
  ['cursorsPerResume', 'cursors', (size) => ({ t: 'resume', cursors: cursorsOf(size) })],
  [
    'cursorsPerResume',
    'unstable positions',
    (size) => ({ t: 'resume', cursors: {}, unstable: cursorsOf(size) }),
  ],
  ['originsPerCursor', 'a cursor', (size) => ({ t: 'read', conversation: 'g', cursor: originsOf(size) })],
  [
    'pageEvents',
    'a page of sync',
    (size) => ({ t: 'sync', requestId: '1', conversation: 'g', cursor: {}, limit: size }),
  ],
  [
    'pageEvents',
    'a page of history',
    (size) => ({ t: 'history', requestId: '1', conversation: 'g', limit: size }),
  ],
  [
    'pageMembers',
    'a page of members',
    (size) => ({ t: 'members', requestId: '1', conversation: 'g', limit: size }),
  ],
  ['tokenLength', 'hello', (size) => ({ t: 'hello', token: 'x'.repeat(size) })],
  ['tokenLength', 'auth', (size) => ({ t: 'auth', token: 'x'.repeat(size) })],
]

describe('LIM1 at the edge', () => {
  const read = (frame: ClientFrame): string[] =>
    decodeClientMessage(encodeFrame(frame)).map((result) => (result.ok ? 'ok' : result.code))

  test.each(edges)('%s of %s: the limit is taken, one more is malformed', (limit, _where, of) => {
    expect(read(of(LIMITS[limit]))).toEqual(['ok'])
    expect(read(of(LIMITS[limit] + 1))).toEqual(['malformed'])
  })

  test.each(['create', 'member'] as const)(
    'membersPerEvent of %s: the limit is taken, one more is malformed',
    (kind) => {
      const of = (count: number): ClientFrame => {
        const members = repeat(count, member)
        return send(kind, kind === 'create' ? { type: 'group', members } : { change: 'add', members })
      }
      expect(read(of(LIMITS.membersPerEvent))).toEqual(['ok'])
      expect(read(of(LIMITS.membersPerEvent + 1))).toEqual(['malformed'])
    },
  )

  test('urlLength of migrate: the limit is taken, one more is malformed', () => {
    const read = (size: number) =>
      decodeServerMessage(
        encodeFrame({ t: 'migrate', withinMs: 1, url: 'x'.repeat(size), reason: 'draining' }),
      ).map((result) => (result.ok ? 'ok' : result.code))
    expect(read(LIMITS.urlLength)).toEqual(['ok'])
    expect(read(LIMITS.urlLength + 1)).toEqual(['malformed'])
  })

  test('CONN9 framesPerMessage: the limit is taken, one more spoils the message', () => {
    const of = (count: number) =>
      decodeClientMessage(JSON.stringify(repeat(count, (n) => ({ t: 'ping', n }))))
    expect(of(LIMITS.framesPerMessage).every((result) => result.ok)).toBe(true)
    expect(of(LIMITS.framesPerMessage + 1)).toMatchObject([{ code: 'tooLarge' }])
  })

  test('CONN8 a body of bodyBytes and a full resume fit into messageBytes', () => {
    const fullBody = encodeFrame(send('message', { text: '\u0001'.repeat(LIMITS.bodyBytes / 6 - 2) }))
    expect(Buffer.byteLength(fullBody)).toBeLessThan(LIMITS.messageBytes)
    const ulid = (index: number): string => `g_${String(index).padStart(36, '0')}`
    const cursors = Object.fromEntries(
      repeat(LIMITS.cursorsPerResume, (index) => [ulid(index), { 'eu-central-1.k3v9x2ab7q1m': 1_000_000 }]),
    )
    expect(Buffer.byteLength(encodeFrame({ t: 'resume', cursors }))).toBeLessThan(LIMITS.messageBytes)
  })
})
