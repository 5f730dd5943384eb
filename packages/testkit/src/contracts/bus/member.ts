import type { Bus, BusStateChange, Hint, LogRecord, NodeMessage } from '@skein/server'
import { expect } from 'vitest'
import type { BusWorld } from './bus-harness.ts'

/** Generous: two shared cores, and servers that start. */
const PATIENCE_MS = 10_000
const ORIGIN = 'eu.1'

/** A node as far as the bus is concerned: what it was told. */
export class Member {
  readonly bus: Bus
  readonly hints: Hint[] = []
  readonly messages: NodeMessage[] = []
  readonly changes: BusStateChange[] = []
  readonly #harness: BusWorld

  constructor(harness: BusWorld, node: string) {
    this.#harness = harness
    this.bus = harness.bus(node)
  }

  start(): void {
    this.bus.start({
      onHints: (hints) => void this.hints.push(...hints),
      onMessage: (message) => void this.messages.push(message),
      onState: (change) => void this.changes.push(change),
    })
  }

  /** Positions heard so far in a conversation. */
  heard(conversation: string): number[] {
    return this.hints.filter((hint) => hint.conversation === conversation).map(({ seq }) => seq)
  }

  async isUp(): Promise<void> {
    await until(
      this.#harness,
      `the bus is up, and not ${JSON.stringify(this.changes)}`,
      () => this.bus.state === 'up',
    )
  }

  subscribe(app: string, conversation: string): Promise<boolean> {
    return settled(this.#harness, this.bus.subscribe(app, conversation))
  }
}

export async function join(harness: BusWorld, node: string): Promise<Member> {
  const member = new Member(harness, node)
  member.start()
  await member.isUp()
  return member
}

export async function until(
  harness: BusWorld,
  what: string,
  check: () => boolean,
  withinMs = PATIENCE_MS,
): Promise<void> {
  expect(await harness.until(check, withinMs), `within ${withinMs} ms: ${what}`).toBe(true)
}

/** The promise's answer; time passes meanwhile. */
export async function settled<T>(harness: BusWorld, promise: Promise<T>): Promise<T> {
  let done = false
  const finished = promise.finally(() => (done = true))
  await until(harness, 'it settles', () => done)
  return finished
}

export const record = (app: string, conversation: string, seq: number, text = 'hello'): LogRecord => ({
  app,
  conversation,
  lane: 1,
  laneOffset: 1_000 + seq,
  event: {
    origin: ORIGIN,
    seq,
    hlc: 1_700_000_000_000_000 + seq,
    sender: 'ann',
    clientId: `0190f3a4-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    kind: 'message',
    body: { text },
    count: seq,
    at: 1_700_000_000_000,
  },
})

export const records = (app: string, conversation: string, from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => record(app, conversation, from + index))

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
