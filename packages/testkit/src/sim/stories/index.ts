import { death } from './death.ts'
import { deploy } from './deploy.ts'
import { shared } from './shared.ts'
import { silence } from './silence.ts'
import { storm } from './storm.ts'
import type { Story } from './story.ts'

export { HEALED_DELIVERY_MS } from './bounds.ts'

export type StoryName = 'storm' | 'deploy' | 'death' | 'silence' | 'shared'

export const STORIES: Readonly<Record<StoryName, Story>> = { storm, deploy, death, silence, shared }
