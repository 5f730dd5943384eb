import type { Scenario } from '../scenario.ts'
import { busBlackhole } from './bus-blackhole.ts'
import { clockJump } from './clock-jump.ts'
import { databaseHang } from './database-hang.ts'
import { databaseRestart } from './database-restart.ts'
import { dispatchDown } from './dispatch-down.ts'
import { dispatchForged } from './dispatch-forged.ts'
import { edgeKill } from './edge-kill.ts'
import { edgeReload } from './edge-reload.ts'
import { hotConversation } from './hot-conversation.ts'
import { hotUser } from './hot-user.ts'
import { killAllInTurn } from './kill-all-in-turn.ts'
import { nodeAdded } from './node-added.ts'
import { nodeFlapping } from './node-flapping.ts'
import { nodeKill } from './node-kill.ts'
import { nodeBlackhole, nodePause } from './node-silence.ts'
import { nodeSlow } from './node-slow.ts'
import { overload } from './overload.ts'
import { reconnectStorm } from './reconnect-storm.ts'
import { redisAwayLimits } from './redis-away-limits.ts'
import { redisHang, redisKill } from './redis-outage.ts'
import { redisSentinelFailover } from './redis-sentinel-failover.ts'
import { rollingDeploy } from './rolling-deploy.ts'
import { scaleIn } from './scale-in.ts'
import { scaleOut } from './scale-out.ts'
import { slowConsumers } from './slow-consumers.ts'
import { weightsShift } from './weights-shift.ts'

/** In the order in which `all` plays them. */
export const SCENARIOS: readonly Scenario[] = [
  nodeKill,
  nodePause,
  nodeBlackhole,
  killAllInTurn,
  rollingDeploy,
  scaleOut,
  scaleIn,
  redisKill,
  redisHang,
  redisSentinelFailover,
  busBlackhole,
  databaseRestart,
  databaseHang,
  slowConsumers,
  reconnectStorm,
  clockJump,
  nodeSlow,
  nodeFlapping,
  overload,
  hotConversation,
  hotUser,
  dispatchDown,
  dispatchForged,
  redisAwayLimits,
  edgeKill,
  edgeReload,
  nodeAdded,
  weightsShift,
]
