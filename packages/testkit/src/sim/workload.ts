import { randomInt, type Random } from '@skein/core'
import type { Body } from '@skein/protocol'
import type { Client, Conversation, OutgoingMessage } from '@skein/sdk'
import type { HistoryRecorder } from '../history/recorder.ts'

/** What apps do, and how often in proportion. */
const ACTIONS = {
  burst: 40,
  direct: 12,
  createGroup: 4,
  add: 6,
  kick: 4,
  leave: 2,
  role: 2,
  title: 2,
  read: 8,
  typing: 6,
  open: 6,
  older: 4,
  members: 2,
} as const

type Action = keyof typeof ACTIONS
const TOTAL_WEIGHT = Object.values(ACTIONS).reduce((sum, weight) => sum + weight, 0)
const MAX_BURST = 6
const MAX_GROUPS_PER_TAB = 3

export interface Tab {
  readonly name: string
  readonly client: Client
}

/** The users of all tabs: they do something now and then, and know only what the SDK shows. */
export class Workload {
  readonly random: Random
  readonly #recorder: HistoryRecorder
  readonly #users: readonly string[]
  readonly #groups = new Map<string, number>()
  #operations = 0
  /** Nobody does anything by himself. */
  rests = false
  #texts = 0

  constructor(random: Random, recorder: HistoryRecorder, users: readonly string[]) {
    this.random = random
    this.#recorder = recorder
    this.#users = users
  }

  get operations(): number {
    return this.#operations
  }

  /** As fast as the app can, whatever became of what it sent before. */
  burst(tab: Tab, count: number): void {
    this.#operations++
    const conversation = this.#pick(tab.client.conversations())
    if (conversation === undefined) return this.#createGroup(tab)
    for (let left = count; left > 0; left--) this.#say(tab, conversation)
  }

  type(tab: Tab): void {
    this.#operations++
    this.#pick(tab.client.conversations())?.setTyping(true)
  }

  act(tab: Tab): void {
    if (this.rests) return
    this.#operations++
    const conversation = this.#pick(tab.client.conversations())
    const action = this.#action()
    if (action === 'direct') return this.#direct(tab)
    if (action === 'createGroup' || conversation === undefined) return this.#createGroup(tab)
    this.#inConversation(action, tab, conversation)
  }

  #inConversation(
    action: Exclude<Action, 'direct' | 'createGroup'>,
    tab: Tab,
    conversation: Conversation,
  ): void {
    switch (action) {
      case 'burst':
        for (let left = 1 + randomInt(this.random, MAX_BURST); left > 0; left--) this.#say(tab, conversation)
        return
      case 'read':
        return conversation.markRead()
      case 'typing':
        return conversation.setTyping(this.random.next() < 0.7)
      case 'open':
        return forget(conversation.open())
      case 'older':
        return forget(conversation.loadOlder(1 + randomInt(this.random, 20)))
      case 'members':
        return forget(conversation.members())
      default:
        if (conversation.type === 'group') this.#manage(action, tab, conversation)
    }
  }

  #manage(action: 'add' | 'kick' | 'leave' | 'role' | 'title', tab: Tab, conversation: Conversation): void {
    const user = this.#pick(this.#users) ?? tab.client.user
    const me = tab.client.user
    switch (action) {
      case 'add': {
        const body = { change: 'add', members: [{ user, role: 'member' }] }
        return this.#note(tab, conversation, body, () => conversation.addMembers([user]))
      }
      case 'kick':
        return this.#note(tab, conversation, { change: 'remove', user }, () =>
          conversation.removeMember(user),
        )
      case 'leave':
        return this.#note(tab, conversation, { change: 'remove', user: me }, () => conversation.leave())
      case 'role': {
        const role = this.random.next() < 0.5 ? 'admin' : 'owner'
        return this.#note(tab, conversation, { change: 'role', user, role }, () =>
          conversation.setRole(user, role),
        )
      }
      case 'title': {
        const title = `title ${this.#texts++}`
        return this.#note(tab, conversation, { title }, () => conversation.setTitle(title))
      }
    }
  }

  #direct(tab: Tab): void {
    const user = this.#pick(this.#users)
    if (user !== undefined && user !== tab.client.user) this.#say(tab, tab.client.direct(user))
  }

  #createGroup(tab: Tab): void {
    const groups = this.#groups.get(tab.name) ?? 0
    if (groups >= MAX_GROUPS_PER_TAB) return
    this.#groups.set(tab.name, groups + 1)
    const members = this.#users.filter((user) => user !== tab.client.user && this.random.next() < 0.6)
    this.#say(tab, tab.client.createGroup({ title: `group ${this.#texts++}`, members }))
  }

  #say(tab: Tab, conversation: Conversation): void {
    const body = { text: `${tab.name} ${this.#texts++}` }
    this.#note(tab, conversation, body, () => conversation.send(body))
  }

  #note(tab: Tab, conversation: Conversation, body: Body, send: () => OutgoingMessage): void {
    let message: OutgoingMessage
    try {
      message = send()
    } catch {
      // A full outbox says so at once: nothing was promised.
      return
    }
    this.#recorder.sent(tab.name, tab.client.user, conversation.id, body, message)
  }

  #action(): Action {
    let at = randomInt(this.random, TOTAL_WEIGHT)
    for (const [action, weight] of Object.entries(ACTIONS) as [Action, number][]) {
      at -= weight
      if (at < 0) return action
    }
    return 'burst'
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[randomInt(this.random, items.length)]
  }
}

/** Requests fail while the network does; what they bring shows in the timeline. */
const forget = (request: Promise<unknown>): void => void request.catch(() => undefined)
