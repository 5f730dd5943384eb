import type { Scenario } from '../scenario.ts'
import { busBlackhole } from './bus-blackhole.ts'
import { clockJump } from './clock-jump.ts'
import { databaseHang } from './database-hang.ts'
import { databaseRestart } from './database-restart.ts'
import { killAllInTurn } from './kill-all-in-turn.ts'
import { nodeKill } from './node-kill.ts'
import { nodeBlackhole, nodePause } from './node-silence.ts'
import { reconnectStorm } from './reconnect-storm.ts'
import { redisHang, redisKill } from './redis-outage.ts'
import { redisSentinelFailover } from './redis-sentinel-failover.ts'
import { rollingDeploy } from './rolling-deploy.ts'
import { scaleIn } from './scale-in.ts'
import { scaleOut } from './scale-out.ts'
import { slowConsumers } from './slow-consumers.ts'

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
]
