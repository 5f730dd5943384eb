import { size } from './cluster-bench.ts'
import { Stand, type StandOptions } from './stand.ts'

const NODES = 3
const SESSIONS = size(600, 60)
/** 60 conversations of 10, two messages a second each. */
const MESSAGES_PER_SECOND_AND_SESSION = 0.2

/** Three nodes and as many clients as let each be looked at closely. */
export function openSmallStand(
  options: Omit<StandOptions, 'nodes' | 'sessions' | 'messagesPerSecond'>,
): Promise<Stand> {
  const sessions = SESSIONS(options.bench)
  const messagesPerSecond = sessions * MESSAGES_PER_SECOND_AND_SESSION
  return Stand.open({ ...options, nodes: NODES, sessions, messagesPerSecond })
}
