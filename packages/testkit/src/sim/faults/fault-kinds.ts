/** Everything that the simulator does to the system. A run of many seeds must have done each of them. */
export const FAULT_KINDS = [
  // the network
  'drop',
  'disconnect',
  'delay',
  'halfOpen',
  'duplicate',
  'reorder',
  'oneWayPartition',
  'partition',
  'slowConsumer',
  'refusedConnect',
  'cutOff',
  // the node
  'crash',
  'powerLoss',
  'crashBetweenCommitAndAck',
  'crashBetweenAckAndHint',
  'restart',
  'gracefulStop',
  'clockSkew',
  'clockOff',
  'clockJump',
  'pause',
  'slowAnswers',
  'slowCommits',
  'slowLink',
  'flapping',
  // the bus
  'hintLost',
  'lastHintLost',
  'hintLate',
  'hintTwice',
  'hintReordered',
  'busDown',
  'busHung',
  'busBlackHole',
  // the registry
  'registryDown',
  'registryHung',
  'registryFrozen',
  'registryForgets',
  // the cluster's life
  'drain',
  'rollingRestart',
  'scaleOut',
  'scaleIn',
  // the store
  'storeAway',
  'storeHung',
  'storeDelay',
  'delayedVisibility',
  'indeterminateCommitted',
  'indeterminateNotCommitted',
  'failover',
  // what protects a node did
  'limited',
  'turnedAway',
  // shared limits
  'limitsAway',
  'limitsHung',
  // lists of endpoints
  'dispatchDown',
  'dispatchHung',
  'dispatchStale',
  'dispatchForged',
  'dispatchRolledBack',
  // the client
  'reload',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

/** How often each fault really happened, which is not the same as how often it was asked for. */
export class FaultCount {
  readonly #counts: Record<FaultKind, number> = emptyFaultCounts()

  add(kind: FaultKind, times = 1): void {
    this.#counts[kind] += times
  }

  get counts(): Readonly<Record<FaultKind, number>> {
    return this.#counts
  }
}

export function emptyFaultCounts(): Record<FaultKind, number> {
  const entries = FAULT_KINDS.map((kind): [FaultKind, number] => [kind, 0])
  return Object.fromEntries(entries) as Record<FaultKind, number>
}
