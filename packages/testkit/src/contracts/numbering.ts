import { hlcFromMs } from '@skein/core'
import { LIMITS } from '@skein/protocol'
import type { LogRecord } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { accepted, at, expectAscending, expectDense, hlcs, Tenant } from './tenant.ts'

const WRITERS = 50
const COMMITS_PER_WRITER = 5

const conversations = ['n0', 'n1', 'n2', 'n3', 'n4']
const users = Array.from({ length: WRITERS }, (_, index) => `u${index}`)

/** Every writer commits small batches to all conversations in turn, through alternating handles. */
async function writeAtOnce(tenant: Tenant): Promise<LogRecord[]> {
  const written: LogRecord[] = []
  for (const conversation of conversations) {
    const outcome = await tenant.group(conversation, 'owner', users)
    written.push(outcome.record, ...outcome.also)
  }
  const write = async (user: string, index: number): Promise<void> => {
    for (let round = 0; round < COMMITS_PER_WRITER; round++) {
      const conversation = at(conversations, (index + round) % conversations.length)
      const batch = [1, 2, 3].map((item) => tenant.message(conversation, user, `${user} ${round} ${item}`))
      const outcomes = await tenant.commit(batch, (index + round) % 2 === 0 ? tenant.store : tenant.other)
      for (const outcome of outcomes) written.push(accepted(outcome).record)
    }
  }
  await Promise.all(users.map(write))
  return written
}

export function numbering(opened: Opened): void {
  describe('numbering', () => {
    it('gives dense seqs and lane offsets to 50 concurrent writers', async () => {
      const tenant = await Tenant.open(opened())
      const before = await tenant.store.laneVector()
      const written = await writeAtOnce(tenant)
      const after = await tenant.store.laneVector()
      for (const conversation of conversations) {
        const { records } = await tenant.readAll(conversation)
        expect(records.map((record) => record.event.seq)).toEqual(records.map((_, index) => index + 1))
        expect(records).toHaveLength(1 + (WRITERS * COMMITS_PER_WRITER * 3) / conversations.length)
        expectAscending(hlcs(records))
        expectAscending(records.map((record) => record.laneOffset))
        expect(records.map((record) => record.event.count)).toEqual(records.map((_, index) => index))
      }
      before.forEach((offset, lane) => {
        const offsets = written.filter((record) => record.lane === lane).map((record) => record.laneOffset)
        expectDense(offsets, offset + 1)
        expect(after[lane]).toBe(offset + offsets.length)
      })
    })

    it('keeps a conversation and its records in one lane, the same for every handle', async () => {
      const tenant = await Tenant.open(opened())
      const outcome = await tenant.group('g', 'ann', ['bob'])
      for (const record of [outcome.record, ...outcome.also]) {
        expect(record.lane).toBe(tenant.store.laneOf(tenant.app, record.conversation))
        expect(record.lane).toBe(tenant.other.laneOf(tenant.app, record.conversation))
        expect(record.lane).toBeLessThan(tenant.store.identity.lanes)
      }
      expect(outcome.record.event.origin).toBe(tenant.store.identity.origin)
    })

    it('goes on after what the sender has seen elsewhere, though its clock is ahead of ours', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const afterHlc = hlcFromMs((await tenant.store.clockMs()) + LIMITS.maxSkewMs / 2)
      const first = await tenant.say('g', 'ann', 'seen elsewhere', { afterHlc })
      expect(first.record.event.hlc).toBeGreaterThan(afterHlc)
      const second = await tenant.say('g', 'ann', 'then here')
      expect(second.record.event.hlc).toBeGreaterThan(first.record.event.hlc)
    })

    it('refuses to follow a clock that is further ahead than the limit', async () => {
      const tenant = await Tenant.open(opened())
      await tenant.group('g', 'ann')
      const afterHlc = hlcFromMs((await tenant.store.clockMs()) + LIMITS.maxSkewMs + 10_000)
      await tenant.no(tenant.message('g', 'ann', 'from the future', { afterHlc }), 'clockSkew')
    })

    it('keeps the order when the clock of the database goes back', async ({ skip }) => {
      const harness = opened()
      if (harness.clockSkew === undefined) return skip('this database has no clock that can be moved')
      const tenant = await Tenant.open(harness)
      await tenant.group('g', 'ann')
      await tenant.say('g', 'ann', 'before')
      await harness.clockSkew(-30_000)
      await tenant.say('g', 'ann', 'after')
      await harness.clockSkew(30_000)
      const { records } = await tenant.readAll('g')
      expect(records.at(-1)?.event.body).toEqual({ text: 'after' })
      expectAscending(hlcs(records))
    })
  })
}
