import { serveTalk } from '../../cluster-bed/clients/serve-talk.ts'
import { Crowd } from './crowd.ts'
import type { CrowdPlan } from './crowd-plan.ts'

serveTalk((plan: CrowdPlan) => new Crowd(plan))
