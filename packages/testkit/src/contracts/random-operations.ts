import * as fc from 'fast-check'
import { MemberBody } from '@skein/protocol'
import type { CommitEntry, CommitOutcome, LogRecord } from '@skein/server'
import { describe, expect, it } from 'vitest'
import type { Opened } from './store-harness.ts'
import { asMember, at, expectAscending, hlcs, Tenant } from './tenant.ts'

const CONVERSATIONS = ['r0', 'r1']
const USERS = ['w0', 'w1', 'w2', 'w3']

/** One step of one writer. `batch` messages in a chain; `retry` says the last batch again. */
type Step =
  | { readonly do: 'send'; readonly conversation: number; readonly batch: number }
  | { readonly do: 'retry' }
  | { readonly do: 'kick' | 'add'; readonly conversation: number; readonly user: number }

const conversation = fc.nat({ max: CONVERSATIONS.length - 1 })
const user = fc.nat({ max: USERS.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      conversation,
      batch: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('kick' as const, 'add' as const), conversation, user }),
  },
)
const plan = fc.array(fc.array(step, { maxLength: 8 }), { minLength: USERS.length, maxLength: USERS.length })

interface Said {
  readonly entry: CommitEntry
  readonly outcome: CommitOutcome
}

/** A writer with an outbox: what it says next names what it said before. */
class Writer {
  readonly said: Said[] = []
  readonly #tenant: Tenant
  readonly #user: string
  readonly #handle: Tenant['store']
  #last: readonly CommitEntry[] = []
  #previous = new Map<string, string>()

  constructor(tenant: Tenant, index: number) {
    this.#tenant = tenant
    this.#user = at(USERS, index)
    this.#handle = index % 2 === 0 ? tenant.store : tenant.other
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const next of steps) {
      if (next.do === 'retry') await this.#commit(this.#last)
      else if (next.do === 'send') await this.#send(at(CONVERSATIONS, next.conversation), next.batch)
      else await this.#change(next.do, at(CONVERSATIONS, next.conversation), at(USERS, next.user))
    }
  }

  async #send(to: string, count: number): Promise<void> {
    const batch: CommitEntry[] = []
    let after = this.#previous.get(to)
    for (let index = 0; index < count; index++) {
      const entry = this.#tenant.message(
        to,
        this.#user,
        `${this.#user} ${this.said.length + index}`,
        after === undefined ? {} : { after },
      )
      after = entry.clientId
      batch.push(entry)
    }
    this.#last = batch
    await this.#commit(batch)
  }

  async #change(change: 'kick' | 'add', to: string, target: string): Promise<void> {
    const body: MemberBody =
      change === 'kick' ? { change: 'remove', user: target } : { change: 'add', members: [asMember(target)] }
    await this.#commit([this.#tenant.memberEntry(to, 'root', body)])
  }

  async #commit(entries: readonly CommitEntry[]): Promise<void> {
    const outcomes = await this.#tenant.commit(entries, this.#handle)
    entries.forEach((entry, index) => {
      const outcome = at(outcomes, index)
      this.said.push({ entry, outcome })
      if (outcome.status === 'committed' && entry.kind === 'message')
        this.#previous.set(entry.conversation, entry.clientId)
    })
  }
}

function checkLog(records: readonly LogRecord[], said: readonly Said[]): void {
  expect(records.map((record) => record.event.seq)).toEqual(records.map((_, index) => index + 1))
  expectAscending(hlcs(records))
  expectAscending(records.map((record) => record.laneOffset))
  const keys = records.map((record) => `${record.event.sender} ${record.event.clientId}`)
  expect(new Set(keys).size).toBe(keys.length)
  let count = 0
  for (const { event } of records) {
    if (event.kind === 'message') count++
    expect(event.count).toBe(count)
  }
  const seqs = new Map(records.map((record) => [record.event.clientId, record.event.seq]))
  const committed = new Set(
    said.filter((one) => one.outcome.status === 'committed').map((one) => one.entry.clientId),
  )
  for (const { entry } of said) expect(seqs.has(entry.clientId)).toBe(committed.has(entry.clientId))
  for (const { entry } of said) {
    if (entry.after === undefined || !committed.has(entry.clientId)) continue
    expect(seqs.get(entry.after)).toBeLessThan(seqs.get(entry.clientId) ?? 0)
  }
}

/** The members that the log's own events make; nobody may have spoken who was out at that moment. */
function foldMembers(records: readonly LogRecord[]): string[] {
  const members = new Set(['root', ...USERS])
  for (const { event } of records) {
    if (event.kind === 'message') expect(members).toContain(event.sender)
    if (event.kind !== 'member') continue
    const change = MemberBody.parse(event.body)
    if (change.change === 'add') for (const { user: added } of change.members) members.add(added)
    if (change.change === 'remove') members.delete(change.user)
  }
  return [...members].toSorted()
}

async function checkTenant(tenant: Tenant, said: readonly Said[]): Promise<void> {
  for (const name of CONVERSATIONS) {
    const { records } = await tenant.readAll(name, { limit: 7 })
    checkLog(
      records,
      said.filter((one) => one.entry.conversation === name),
    )
    const { members } = await tenant.store.members({ app: tenant.app, conversation: name, limit: 50 })
    expect(members.map((member) => member.user)).toEqual(foldMembers(records))
    const facts = await tenant.store.conversation(tenant.app, name)
    const newest = at(records, records.length - 1).event
    expect(facts?.heads).toEqual({ [newest.origin]: { seq: newest.seq, count: newest.count } })
  }
  for (const name of USERS) {
    const log = await tenant.logOf(name)
    expect(log.map((event) => event.seq)).toEqual(log.map((_, index) => index + 1))
    const joined = new Set<unknown>()
    for (const event of log) {
      if (event.kind === 'joined') joined.add(event.body['conversation'])
      if (event.kind === 'left') joined.delete(event.body['conversation'])
    }
    const held = (await tenant.user(name)).conversations.map((item) => item.conversation)
    expect(new Set(held)).toEqual(joined)
  }
}

export function randomOperations(opened: Opened): void {
  describe('whatever several writers do at once', () => {
    it('leaves dense logs, each send once, chains in order, and members as the log says', async () => {
      await fc.assert(
        fc.asyncProperty(plan, async (steps) => {
          const tenant = await Tenant.open(opened())
          for (const name of CONVERSATIONS) await tenant.group(name, 'root', USERS)
          const writers = USERS.map((_, index) => new Writer(tenant, index))
          await Promise.all(writers.map((writer, index) => writer.run(at(steps, index))))
          await checkTenant(
            tenant,
            writers.flatMap((writer) => writer.said),
          )
        }),
        { numRuns: 25, endOnFailure: true },
      )
    })
  })
}
