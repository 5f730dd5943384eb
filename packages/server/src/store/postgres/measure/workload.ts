import { uuidv7, type Runtime } from '@skein/core'
import type { CommitEntry, Store } from '../../store.ts'

/** The conversations and messages that the store is measured with: groups of two, texts as people write them. */
export interface Workload {
  readonly app: string
  /** Per lane the conversations that fall into it. */
  readonly byLane: readonly (readonly string[])[]
}

const BODY = JSON.stringify({
  text: 'See you at the lake at seven, and do bring the blue blanket if it fits into your bag.',
})

const membersOf = (conversation: string): readonly [string, string] => [
  `${conversation}-a`,
  `${conversation}-b`,
]

/** Creates the conversations, `perLane` in every lane, so that no lane is idle by accident. */
export async function prepareWorkload(
  store: Store,
  runtime: Runtime,
  app: string,
  perLane: number,
): Promise<Workload> {
  const { lanes } = store.identity
  const byLane: string[][] = Array.from({ length: lanes }, () => [])
  for (let index = 0; byLane.some((conversations) => conversations.length < perLane); index++) {
    const conversation = `bench-${index}`
    const lane = byLane[store.laneOf(app, conversation)]
    if (lane !== undefined && lane.length < perLane) lane.push(conversation)
  }
  for (const [lane, conversations] of byLane.entries()) {
    await store.commit(
      lane,
      conversations.map((conversation) => createEntry(runtime, app, conversation)),
    )
  }
  return { app, byLane }
}

function createEntry(runtime: Runtime, app: string, conversation: string): CommitEntry {
  const [owner, other] = membersOf(conversation)
  const body = JSON.stringify({ type: 'group', members: [{ user: other, role: 'member' }] })
  const clientId = uuidv7(runtime.clock, runtime.random)
  return { app, conversation, sender: owner, authority: 'member', clientId, kind: 'create', body }
}

/** A batch of messages, conversations and senders in turn. */
export function messages(
  runtime: Runtime,
  app: string,
  conversations: readonly string[],
  count: number,
): CommitEntry[] {
  const offset = Math.floor(runtime.random.next() * conversations.length)
  return Array.from({ length: count }, (_, index) => {
    const conversation = conversations[(offset + index) % conversations.length] ?? ''
    const sender = membersOf(conversation)[index % 2] ?? ''
    const clientId = uuidv7(runtime.clock, runtime.random)
    return { app, conversation, sender, authority: 'member', clientId, kind: 'message', body: BODY }
  })
}
