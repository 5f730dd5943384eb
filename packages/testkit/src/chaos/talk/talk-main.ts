import { serveTalk } from '../../cluster-bed/clients/serve-talk.ts'
import { Talk } from './talk.ts'
import type { TalkPlan } from './talk-plan.ts'

serveTalk((plan: TalkPlan) => new Talk(plan))
