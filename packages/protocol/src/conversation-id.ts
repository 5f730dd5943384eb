import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** How ids of direct conversations begin, and no other. */
export const DIRECT_PREFIX = 'd_'

/** The one direct conversation of two users: a hash, so that creating it is an idempotent upsert. */
export function directConversationId(one: string, other: string): string {
  const pair = one < other ? `${one}\n${other}` : `${other}\n${one}`
  return `${DIRECT_PREFIX}${bytesToHex(sha256(utf8ToBytes(pair))).slice(0, 32)}`
}

/** The session's own system log, on the wire. */
export const USER_LOG = '@me'

/** A user's system log, in the store. */
export const userLogId = (user: string): string => `@${user}`

export const isUserLog = (conversation: string): boolean => conversation.startsWith('@')

/**
 * Names a message for edits, replies and reactions: never a position, so it survives regions and
 * incarnations. Within its conversation it is the sender and the sender's clientId.
 */
export const messageId = (sender: string, clientId: string): string => `${sender}/${clientId}`
