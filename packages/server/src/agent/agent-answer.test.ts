import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NODE_STATES } from '../cluster/node-record.ts'
import { agentAnswer, type AgentView } from './agent-answer.ts'

const idle: AgentView = { state: 'ready', reason: '', headroom: 100, weight: 1, largestWeight: 1 }

test('a node that takes clients tells its headroom, as a part of what the largest node can carry', () => {
  expect(agentAnswer({ ...idle, headroom: 73 })).toBe('up 73%\n')
  expect(agentAnswer({ ...idle, headroom: 80, weight: 2, largestWeight: 4 })).toBe('up 40%\n')
})

test('a full node is still up with the least there is, and unknown headroom attracts nobody', () => {
  expect(agentAnswer({ ...idle, headroom: 0 })).toBe('up 1%\n')
  expect(agentAnswer({ ...idle, headroom: Number.NaN })).toBe('up 1%\n')
  expect(agentAnswer({ ...idle, headroom: undefined })).toBe('up 10%\n')
})

test('a drain is a weight of 0 with its reason, and what is not ready is down with its reason', () => {
  expect(agentAnswer({ ...idle, state: 'draining', reason: 'its clients move' })).toBe(
    'up 0% #draining: its clients move\n',
  )
  expect(agentAnswer({ ...idle, state: 'joining', reason: 'no bus,\nno tail' })).toBe(
    'down #not ready: no bus no tail\n',
  )
})

test('whatever is true, it is one short line without a word that would cancel or set an operator’s state', () => {
  const view = fc.record({
    state: fc.constantFrom(...NODE_STATES),
    reason: fc.string({ unit: 'grapheme', maxLength: 400 }),
    headroom: fc.option(fc.double({ min: -1e3, max: 1e3 }), { nil: undefined }),
    weight: fc.double({ min: 0.001, max: 1e3, noNaN: true }),
    largestWeight: fc.double({ min: 0.001, max: 1e3, noNaN: true }),
  })
  fc.assert(
    fc.property(view, (told) => {
      const answer = agentAnswer(told)
      expect(answer).toMatch(/^(up ([0-9]{1,2}|100)%|up 0% #[ -~]{1,127}|down #[ -~]{1,127})\n$/)
      expect(answer.split('#')[0]).not.toMatch(/ready|drain|maint/)
    }),
  )
})
