import type { TimelineItem } from '@skein/sdk'
import { nameOf, namesOf } from '../directory/demo-users.ts'

type Body = TimelineItem['body']

const text = (body: Body, key: string): string | undefined => {
  const value = body[key]
  return typeof value === 'string' ? value : undefined
}

function usersIn(body: Body): readonly string[] {
  const members = body['members']
  if (!Array.isArray(members)) return []
  return members.flatMap((member) =>
    typeof member === 'object' && member !== null && 'user' in member && typeof member.user === 'string'
      ? [member.user]
      : [],
  )
}

function memberText(item: TimelineItem, who: string, me: string): string | undefined {
  const { body } = item
  const user = text(body, 'user')
  switch (text(body, 'change')) {
    case 'add':
      return `${who} added ${namesOf(usersIn(body), 5)}`
    case 'remove':
      if (user === undefined) return undefined
      if (user === item.sender) return `${who} left`
      return `${who} removed ${user === me ? 'you' : nameOf(user)}`
    case 'role':
      if (user === undefined) return undefined
      return `${who} made ${user === me ? 'you' : nameOf(user)} ${roleText(text(body, 'role'))}`
    default:
      return undefined
  }
}

function roleText(role: string | undefined): string {
  if (role === 'owner') return 'the owner'
  return role === 'admin' ? 'an admin' : 'a member'
}

/** The line that tells of a change to the conversation; nothing for what needs no line. */
export function systemText(item: TimelineItem, me: string): string | undefined {
  const who = item.sender === me ? 'You' : nameOf(item.sender)
  switch (item.kind) {
    case 'create': {
      if (text(item.body, 'type') !== 'group') return undefined
      const title = text(item.body, 'title')
      return title === undefined ? `${who} created the group` : `${who} created the group “${title}”`
    }
    case 'member':
      return memberText(item, who, me)
    case 'title':
      return `${who} renamed the group to “${text(item.body, 'title') ?? ''}”`
    default:
      return undefined
  }
}

/** The words of a message; what other apps sent in their own form has none. */
export const messageText = (item: TimelineItem): string | undefined => text(item.body, 'text')

/** One line for the list of conversations. */
export function previewText(item: TimelineItem, me: string, direct: boolean): string {
  if (item.kind !== 'message') return systemText(item, me) ?? ''
  const words = messageText(item)?.replaceAll(/\s+/g, ' ') ?? 'Message'
  if (item.sender === me) return `You: ${words}`
  return direct ? words : `${nameOf(item.sender)}: ${words}`
}

/** Whether the newest thing that happened to this user's membership was its removal. */
export function wasRemoved(items: readonly TimelineItem[], me: string): boolean {
  const about = items.findLast(
    ({ kind, body }) =>
      kind === 'create' || (kind === 'member' && (text(body, 'user') === me || usersIn(body).includes(me))),
  )
  return about?.event !== undefined && text(about.body, 'change') === 'remove'
}
