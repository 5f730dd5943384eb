export interface DemoUser {
  readonly id: string
  readonly name: string
}

/** People to be in the demo; anybody else can be typed in. */
export const DEMO_USERS: readonly DemoUser[] = [
  { id: 'ada', name: 'Ada' },
  { id: 'grace', name: 'Grace' },
  { id: 'linus', name: 'Linus' },
  { id: 'margaret', name: 'Margaret' },
  { id: 'barbara', name: 'Barbara' },
  { id: 'ken', name: 'Ken' },
]

const names = new Map(DEMO_USERS.map(({ id, name }) => [id, name]))
names.set('$system', 'Skein')

export const nameOf = (user: string): string => names.get(user) ?? user

/** The protocol's rule for user ids (SPEC, values). */
const USER_ID = /^[A-Za-z0-9_][\w.@:+~=-]{0,127}$/

export const isUserId = (text: string): boolean => USER_ID.test(text)

export const USER_ID_RULE = 'Letters, digits and . _ @ : + ~ = -, beginning with a letter, a digit or _'

/** `Ada, Grace and 3 others` */
export function namesOf(users: readonly string[], most = 3): string {
  const shown = users.slice(0, most).map(nameOf)
  const rest = users.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest === 1 ? '1 other' : `${rest} others`}`
  const last = shown.pop()
  return shown.length === 0 ? (last ?? 'nobody') : `${shown.join(', ')} and ${last}`
}
