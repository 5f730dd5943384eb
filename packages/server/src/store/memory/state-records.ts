import { hlcNext } from '@skein/core'
import type { Profile, StateKey, StateRecord, Store } from '../store.ts'
import { setOrDelete } from './conversation.ts'
import type { MemoryDatabase } from './memory-database.ts'
import type { Transaction } from './transaction.ts'

type ListUsersRequest = Parameters<Store['listUsers']>[0]
type UsersPage = Awaited<ReturnType<Store['listUsers']>>

/** No part holds a newline: owners and kinds by their syntax, so that only `key`, the last, may. */
const stateKey = ({ owner, kind, key }: Omit<StateKey, 'app'>): string => `${kind}\n${owner}\n${key}`

const profileKey = (owner: string): string => stateKey({ owner, kind: 'profile', key: '' })

export function findState(database: MemoryDatabase, key: StateKey): StateRecord | undefined {
  const found = database.state.get(key.app)?.get(stateKey(key))
  return found === undefined ? undefined : { ...found }
}

const wins = (one: StateRecord, other: StateRecord): boolean =>
  one.hlc === other.hlc ? one.region > other.region : one.hlc > other.hlc

/** Last writer wins. Each answer is what stands after the whole call. */
export function mergeState(
  transaction: Transaction,
  records: readonly StateRecord[],
): readonly StateRecord[] {
  for (const record of records) {
    const known = findState(transaction.database, record)
    if (known === undefined || wins(record, known)) putState(transaction, record)
  }
  return records.map((record) => findState(transaction.database, record) ?? record)
}

function putState(transaction: Transaction, record: StateRecord): void {
  const { state } = transaction.database
  const ofApp = state.get(record.app) ?? new Map<string, StateRecord>()
  state.set(record.app, ofApp)
  transaction.undo.push(setOrDelete(ofApp, stateKey(record), { ...record }))
}

export function upsertUser(transaction: Transaction, app: string, user: string, profile: Profile): void {
  const { database, nowMs } = transaction
  const key: StateKey = { app, owner: user, kind: 'profile', key: '' }
  const hlc = hlcNext(nowMs, findState(database, key)?.hlc ?? 0)
  putState(transaction, { ...key, value: JSON.stringify(profile), hlc, region: database.identity.region })
}

export function profileOf(database: MemoryDatabase, app: string, user: string): Profile | undefined {
  const record = database.state.get(app)?.get(profileKey(user))
  return record === undefined ? undefined : parseProfile(record.value)
}

function parseProfile(text: string): Profile {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('name' in value)) return {}
  return typeof value.name === 'string' ? { name: value.name } : {}
}

export function listUsers(database: MemoryDatabase, { app, after, limit }: ListUsersRequest): UsersPage {
  const profiles = [...(database.state.get(app)?.values() ?? [])].filter(
    ({ kind, key }) => kind === 'profile' && key === '',
  )
  const found = profiles
    .filter(({ owner }) => after === undefined || owner > after)
    .toSorted((one, other) => (one.owner < other.owner ? -1 : 1))
  const users = found
    .slice(0, limit)
    .map(({ owner, value }) => ({ user: owner, profile: parseProfile(value) }))
  return { users, more: found.length > limit }
}
