import { platformRandom, randomName, uuidv7, type Hlc } from '@skein/core'
import { directConversationId, userLogId, type Cursor, type Event, type MemberBody } from '@skein/protocol'
import type {
  CommitEntry,
  CommitOutcome,
  LogRecord,
  ReadPage,
  RefusalCode,
  Store,
  UserState,
} from '@skein/server'
import { assert, expect } from 'vitest'
import type { StoreHarness } from './store-harness.ts'

export type Committed = Extract<CommitOutcome, { status: 'committed' }>
type EntryOptions = Partial<Omit<CommitEntry, 'body'>>

const random = platformRandom()

export interface MemberSpec {
  readonly user: string
  readonly role: 'owner' | 'admin' | 'member'
}
export const asMember = (user: string): MemberSpec => ({ user, role: 'member' })

/** A tenant of its own for each test, with short ways to say what its users do. */
export class Tenant {
  readonly app: string
  readonly store: Store
  /** A second node's handle; the same one where the adapter has no second. */
  readonly other: Store
  readonly startMs: number

  private constructor(store: Store, other: Store, startMs: number) {
    this.app = `t-${randomName(random, 10)}`
    this.store = store
    this.other = other
    this.startMs = startMs
  }

  static async open(harness: StoreHarness): Promise<Tenant> {
    const other = (await harness.another?.()) ?? harness.store
    return new Tenant(harness.store, other, await harness.store.clockMs())
  }

  /** The same tenant seen through another handle. */
  static async on(store: Store): Promise<Tenant> {
    return new Tenant(store, store, await store.clockMs())
  }

  clientId(atMs = this.startMs): string {
    return uuidv7({ now: () => atMs }, random)
  }

  entry(conversation: string, sender: string, body: unknown, options: EntryOptions = {}): CommitEntry {
    return {
      app: this.app,
      conversation,
      sender,
      authority: 'member',
      clientId: this.clientId(),
      kind: 'message',
      body: JSON.stringify(body),
      ...options,
    }
  }

  message(conversation: string, sender: string, text: string, options: EntryOptions = {}): CommitEntry {
    return this.entry(conversation, sender, { text }, options)
  }

  groupEntry(
    conversation: string,
    owner: string,
    members: readonly MemberSpec[],
    options: EntryOptions = {},
  ): CommitEntry {
    return this.entry(conversation, owner, { type: 'group', members }, { kind: 'create', ...options })
  }

  directEntry(sender: string, peer: string, options: EntryOptions = {}): CommitEntry {
    const conversation = directConversationId(sender, peer)
    return this.entry(conversation, sender, { type: 'direct', with: peer }, { kind: 'create', ...options })
  }

  memberEntry(
    conversation: string,
    sender: string,
    body: MemberBody,
    options: EntryOptions = {},
  ): CommitEntry {
    return this.entry(conversation, sender, body, { kind: 'member', ...options })
  }

  /** Commits entries of one conversation as one batch. */
  async commit(entries: readonly CommitEntry[], store = this.store): Promise<readonly CommitOutcome[]> {
    const first = entries[0]
    if (first === undefined) return []
    const outcomes = await store.commit(store.laneOf(first.app, first.conversation), entries)
    assert(outcomes.length === entries.length, `${outcomes.length} outcomes of ${entries.length} entries`)
    return outcomes
  }

  async one(entry: CommitEntry, store = this.store): Promise<CommitOutcome> {
    return at(await this.commit([entry], store), 0)
  }

  /** Commits one entry that must be accepted. */
  async ok(entry: CommitEntry, store = this.store): Promise<Committed> {
    return accepted(await this.one(entry, store))
  }

  /** Commits one entry that must be refused with `code`. */
  async no(entry: CommitEntry, code: RefusalCode, store = this.store): Promise<void> {
    assert.equal(codeOf(await this.one(entry, store)), code)
  }

  say(conversation: string, sender: string, text: string, options: EntryOptions = {}): Promise<Committed> {
    return this.ok(this.message(conversation, sender, text, options))
  }

  group(conversation: string, owner: string, members: readonly string[] = []): Promise<Committed> {
    return this.ok(this.groupEntry(conversation, owner, members.map(asMember)))
  }

  add(
    conversation: string,
    by: string,
    user: string,
    role: MemberSpec['role'] = 'member',
  ): Promise<Committed> {
    return this.ok(this.memberEntry(conversation, by, { change: 'add', members: [{ user, role }] }))
  }

  remove(conversation: string, by: string, user: string): Promise<Committed> {
    return this.ok(this.memberEntry(conversation, by, { change: 'remove', user }))
  }

  /** Everything from a cursor on, page by page. */
  async readAll(
    conversation: string,
    options: { cursor?: Cursor; user?: string; limit?: number; store?: Store } = {},
  ): Promise<ReadPage> {
    const store = options.store ?? this.store
    const records: LogRecord[] = []
    let cursor = options.cursor ?? {}
    for (let pages = 0; pages < 10_000; pages++) {
      const request = { app: this.app, conversation, cursor, limit: options.limit ?? 200 }
      const page = at(
        await store.read([{ ...request, ...(options.user !== undefined && { user: options.user }) }]),
        0,
      )
      records.push(...page.records)
      cursor = page.cursor
      if (!page.more) return { ...page, records }
    }
    throw new Error(`reading ${conversation} does not end: every page says that there is more`)
  }

  async logOf(user: string, store = this.store): Promise<readonly Event[]> {
    const page = await this.readAll(userLogId(user), { store })
    return page.records.map((record) => record.event)
  }

  async user(user: string, store = this.store): Promise<UserState> {
    return at(await store.users([{ app: this.app, user }]), 0)
  }

  async unread(user: string, conversation: string): Promise<number> {
    const state = (await this.user(user)).conversations.find((item) => item.conversation === conversation)
    assert(state !== undefined, `${user} has no ${conversation}`)
    const total = (marks: typeof state.heads): number =>
      Object.values(marks).reduce((sum, mark) => sum + mark.count, 0)
    return total(state.heads) - total(state.read)
  }
}

export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert(item !== undefined, `nothing at ${index} of ${items.length}`)
  return item
}

export function accepted(outcome: CommitOutcome): Committed {
  assert(outcome.status === 'committed', `refused: ${JSON.stringify(outcome)}`)
  return outcome
}

export const codeOf = (outcome: CommitOutcome): string =>
  outcome.status === 'refused' ? outcome.code : outcome.status

export const textOf = (event: Event): unknown => event.body['text'] ?? event.kind
export const texts = (records: readonly LogRecord[]): unknown[] =>
  records.map((record) => textOf(record.event))
export const hlcs = (records: readonly LogRecord[]): Hlc[] => records.map((record) => record.event.hlc)

export function expectAscending(values: readonly number[]): void {
  values.forEach((value, index) => {
    if (index > 0) expect(value).toBeGreaterThan(at(values, index - 1))
  })
}

export function expectDense(values: readonly number[], from = 1): void {
  expect(values.toSorted((a, b) => a - b)).toEqual(values.map((_, index) => from + index))
}
