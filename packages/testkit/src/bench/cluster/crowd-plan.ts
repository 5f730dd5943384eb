/** SDK clients of one process: users in conversations of a fixed size, everybody in one. */
export interface CrowdPlan {
  readonly urls: readonly string[]
  /** Tokens are signed with it. */
  readonly secret: string
  readonly app: string
  readonly firstUser: number
  readonly users: number
  readonly usersPerConversation: number
  /** Messages of all users of this process, spread evenly over time and conversations. */
  readonly perSecond: number
  readonly seed: number
}

export const userName = (index: number): string => `u${index}`

export const conversationOf = (user: number, usersPerConversation: number): string =>
  `crowd-${Math.floor(user / usersPerConversation)}`
