import type { Scenario } from '../scenario.ts'
import { nodeKill } from './node-kill.ts'
import { nodePause } from './node-pause.ts'

/** In the order in which `all` plays them. */
export const SCENARIOS: readonly Scenario[] = [nodeKill, nodePause]
