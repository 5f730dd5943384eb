const TEXTS: Readonly<Record<string, string>> = {
  notMember: 'You are not a member of this conversation.',
  forbidden: 'You are not allowed to do this.',
  conversationUnknown: 'This conversation does not exist.',
  conversationExists: 'This conversation exists already.',
  userUnknown: 'There is no such user.',
  expired: 'It waited too long to be sent.',
  outboxFull: 'Too many messages are waiting. Send again once some have gone out.',
  bodyTooLarge: 'The message is too long.',
  storage: 'This browser could not store the message.',
  stopped: 'This window was signed out.',
  tooLarge: 'The message is too long.',
  unstorable: 'The message holds a character that cannot be stored.',
  malformed: 'The server did not understand the message.',
  clockSkew: 'The clock of this device is wrong.',
}

/** Why something failed, for people; the code stays visible where no sentence is known. */
export const reasonText = (reason: string | undefined): string =>
  reason === undefined ? 'It was refused.' : (TEXTS[reason] ?? `It was refused (${reason}).`)

/** The reason that an SDK error carries. */
export function reasonOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('reason' in error && typeof error.reason === 'string') return error.reason
  if ('code' in error && typeof error.code === 'string') return error.code
  return undefined
}
