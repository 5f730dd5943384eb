import { death } from './death.ts'
import { deploy } from './deploy.ts'
import { flapping } from './flapping.ts'
import { limits } from './limits.ts'
import { lists } from './lists.ts'
import { overload } from './overload.ts'
import { shared } from './shared.ts'
import { silence } from './silence.ts'
import { slow } from './slow.ts'
import { storm } from './storm.ts'
import type { Story } from './story.ts'

export { HEALED_DELIVERY_MS, LIMIT_SLACK_MS, LONGEST_COMMIT_MS } from './bounds.ts'

export const STORIES = {
  storm,
  deploy,
  death,
  silence,
  shared,
  slow,
  flapping,
  limits,
  lists,
  overload,
} as const satisfies Readonly<Record<string, Story>>

export type StoryName = keyof typeof STORIES
