import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { directConversationId, isUserLog, userLogId } from './conversation-id.ts'
import { userId } from './testing/arbitrary-frames.ts'
import { ConversationId } from './values.ts'

test('ID1 both users get the same id, and it is a conversation id', () => {
  fc.assert(
    fc.property(userId, userId, (one, other) => {
      const id = directConversationId(one, other)
      expect(id).toBe(directConversationId(other, one))
      expect(id).toMatch(/^d_[0-9a-f]{32}$/)
      expect(ConversationId.safeParse(id).success).toBe(true)
    }),
  )
})

test('ID1 it is the hash that the rule describes', () => {
  fc.assert(
    fc.property(userId, userId, (one, other) => {
      const pair = [one, other].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('\n')
      expect(directConversationId(one, other)).toBe(
        `d_${createHash('sha256').update(pair).digest('hex').slice(0, 32)}`,
      )
    }),
  )
})

test('SEND15 a stored system log can be named by no client', () => {
  fc.assert(
    fc.property(userId, (user) => {
      expect(isUserLog(userLogId(user))).toBe(true)
      expect(ConversationId.safeParse(userLogId(user)).success).toBe(false)
    }),
  )
})
