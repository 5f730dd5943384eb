import type { ConversationState, Resume } from '@skein/protocol'
import { describe, expect, it } from 'vitest'
import { planResume } from './resume-plan.ts'

const state = (conversation: string, seq: number, from = 0): ConversationState => ({
  conversation,
  type: 'group',
  role: 'member',
  from: from === 0 ? {} : { 'r.a': from },
  heads: { 'r.a': { seq, count: seq } },
  read: {},
})
const held = (log: number, ...conversations: ConversationState[]) => ({
  log: log === 0 ? {} : { 'r.a': { seq: log, count: 0 } },
  conversations,
  sessionsValidAfterMs: 0,
})
const resume = (cursors: Resume['cursors']): Resume => ({ t: 'resume', cursors })

describe('the plan of a resume', () => {
  it('tells a new client every state', () => {
    const plan = planResume(resume({}), held(3, state('a', 5), state('b', 0)))
    expect(plan.userLog.is).toBe('new')
    expect(plan.unknown.map((item) => item.conversation)).toEqual(['a', 'b'])
  })

  it('gives a returning client what it missed of its own log and of what it holds', () => {
    const plan = planResume(
      resume({ '@me': { 'r.a': 2 }, a: { 'r.a': 3 } }),
      held(3, state('a', 5), state('b', 1)),
    )
    expect(plan.userLog).toEqual({ is: 'missing', cursor: { 'r.a': 2 } })
    expect(plan.listed).toMatchObject([{ cursor: { 'r.a': 3 }, missing: 2 }])
    expect(plan.unknown.map((item) => item.conversation)).toEqual(['b'])
  })

  it('starts behind a rejoin, however far back the client stands', () => {
    const plan = planResume(resume({ '@me': { 'r.a': 3 }, a: { 'r.a': 3 } }), held(3, state('a', 9, 7)))
    expect(plan.userLog.is).toBe('current')
    expect(plan.listed).toMatchObject([{ cursor: { 'r.a': 7 }, missing: 2 }])
  })

  it.each([
    ['an incarnation that the log does not have', { 'r.gone': 1 }],
    ['a position beyond the head', { 'r.a': 6 }],
  ])('resets a conversation held at %s', (_, cursor) => {
    const plan = planResume(resume({ '@me': { 'r.a': 3 }, a: cursor }), held(3, state('a', 5)))
    expect(plan.reset.map((item) => item.conversation)).toEqual(['a'])
  })

  it('tells everything anew when the own log is void or too far behind', () => {
    const void_ = planResume(resume({ '@me': { 'r.gone': 1 }, a: { 'r.a': 5 } }), held(3, state('a', 5)))
    expect(void_.userLog.is).toBe('reset')
    expect(void_.unknown).toHaveLength(1)
    const far = planResume(resume({ '@me': { 'r.a': 1 } }), held(5_000, state('a', 5)))
    expect(far.userLog.is).toBe('reset')
  })

  it('finds nothing missing in an empty log', () => {
    expect(planResume(resume({ '@me': {} }), held(0)).userLog.is).toBe('current')
  })
})
