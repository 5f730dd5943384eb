import type { TalkPlan } from './talk-plan.ts'

/** Everybody who takes part, and in which conversations. */
export interface Cast {
  readonly sessions: readonly { readonly name: string; readonly user: string }[]
  readonly groups: readonly Group[]
  readonly pairs: readonly (readonly [string, string])[]
}

export interface Group {
  /** The first one creates it. They speak. */
  readonly members: readonly string[]
  /** Comes and goes, listens, and never speaks here: a refusal would be right and would look like a failure. */
  readonly guest: string | undefined
}

const userAt = (index: number): string => `user${index}`

/** Groups of neighbours, each with a guest from the next one, and as many pairs across. */
export function castOf({
  users,
  secondDevices,
  groupSize,
}: Pick<TalkPlan, 'users' | 'secondDevices' | 'groupSize'>): Cast {
  const names = Array.from({ length: users }, (_, index) => userAt(index))
  const groupCount = Math.max(1, Math.floor(users / groupSize))
  const groups = Array.from({ length: groupCount }, (_, group): Group => {
    const members = names.slice(group * groupSize, group === groupCount - 1 ? users : (group + 1) * groupSize)
    const guest = names[((group + 1) * groupSize) % users]
    return { members, guest: guest === undefined || members.includes(guest) ? undefined : guest }
  })
  const half = Math.floor(users / 2)
  const pairs = Array.from(
    { length: Math.min(half, groupCount) },
    (_, pair) => [userAt(pair), userAt(pair + half)] as const,
  )
  return {
    sessions: [
      ...names.map((user) => ({ name: user, user })),
      ...names.slice(0, secondDevices).map((user) => ({ name: `${user} again`, user })),
    ],
    groups,
    pairs,
  }
}
