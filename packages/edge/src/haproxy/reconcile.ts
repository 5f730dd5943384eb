import type { DesiredServer } from '../driver/driver.ts'
import { WEIGHT_MAX } from '../driver/desired-servers.ts'
import { BACKEND, FULL_WEIGHT, NOWHERE, type ObservedSlot } from './observed.ts'

/** What is told HAProxy in one line of commands, and whoever runs the edge. */
export interface Step {
  readonly commands: readonly string[]
  /** Empty: not worth a line. */
  readonly says: string
}

export interface Observation {
  readonly slots: readonly ObservedSlot[]
  readonly mapFile: string | undefined
  /** Node to slot. */
  readonly map: ReadonlyMap<string, string>
}

/**
 * Three have a say in a server, each in something else:
 *   the operator   its administrative state (`set server … state`), which is set here only with the address
 *   the agent      its weight, and whether it is up; of a node without one the driver tells the weight
 *   the driver     which node is in which slot, and who may be cut
 *
 * Pure: everything is told from what HAProxy has now, nothing is remembered, so that after a reload or a
 * restart (of either side) the same call puts right what differs.
 */
export function reconcile(desired: readonly DesiredServer[], seen: Observation): readonly Step[] {
  const taken = new Map<string, DesiredServer>()
  const missing: DesiredServer[] = []
  for (const server of desired) {
    const slot = seen.slots.find((one) => isAt(one, server))
    if (slot !== undefined) taken.set(slot.name, server)
    else if (server.state === 'ready') missing.push(server)
  }
  const isTwice = (slot: ObservedSlot): boolean =>
    !taken.has(slot.name) && desired.some((server) => isAt(slot, server))
  const steps = seen.slots.flatMap((slot) => {
    if (isFree(slot)) return []
    const server = taken.get(slot.name)
    return [
      ...cut(slot, server),
      ...(server === undefined ? release(slot, isTwice(slot)) : adjust(slot, server)),
    ]
  })
  const filled = fill(missing, seen.slots)
  const steered = new Map([...steerable(taken, seen.slots), ...filled.slots])
  return [...steps, ...filled.steps, ...steer(seen, steered)]
}

const isAt = (slot: ObservedSlot, { host, port, backup }: DesiredServer): boolean =>
  slot.host === host && slot.port === port && slot.backup === backup

export const isFree = ({ host, port }: ObservedSlot): boolean =>
  host === NOWHERE.host && port === NOWHERE.port

const server = (slot: Pick<ObservedSlot, 'name'>): string => `${BACKEND}/${slot.name}`

/**
 * Nobody listens there any more: what is still open to it leads nowhere, and its clients find out now. Never
 * for what an agent or a readiness check says, and so not with `on-marked-down shutdown-sessions`, which
 * does not tell these apart.
 */
function cut(slot: ObservedSlot, node: DesiredServer | undefined): readonly Step[] {
  if (!slot.portDead || slot.sessions === 0) return []
  const says = `${node?.name ?? slot.name}: nobody listens at its port; its ${slot.sessions} connections are closed.`
  return [{ commands: [`shutdown sessions server ${server(slot)}`], says }]
}

/**
 * Two witnesses send a node away: the cluster does not list it, and it does not answer HAProxy either. Two
 * drivers at one proxy may have put it into two slots: one of these goes at once.
 */
function release(slot: ObservedSlot, isTwice: boolean): readonly Step[] {
  if (slot.up && !isTwice) return []
  const commands = [
    `set server ${server(slot)} state maint`,
    `disable agent ${server(slot)}`,
    `set server ${server(slot)} addr ${NOWHERE.host} port ${NOWHERE.port}`,
    `set weight ${server(slot)} 100%`,
  ]
  return [{ commands, says: `${slot.host}:${slot.port} left; ${slot.name} is free.` }]
}

function adjust(slot: ObservedSlot, node: DesiredServer): readonly Step[] {
  const commands = [...agentCommands(slot, node), ...weightCommands(slot, node)]
  if (slot.maxConnections !== node.maxConnections)
    commands.push(`set maxconn server ${server(slot)} ${node.maxConnections}`)
  return commands.length === 0 ? [] : [{ commands, says: '' }]
}

function agentCommands(slot: ObservedSlot, { host, agentPort }: DesiredServer): string[] {
  if (agentPort === undefined) return slot.agentEnabled ? [`disable agent ${server(slot)}`] : []
  const commands: string[] = []
  if (slot.agentHost !== host || slot.agentPort !== agentPort)
    commands.push(
      `set server ${server(slot)} agent-addr ${host}`,
      `set server ${server(slot)} agent-port ${agentPort}`,
    )
  if (!slot.agentEnabled) commands.push(`enable agent ${server(slot)}`)
  return commands
}

/** One authority: while the agent answers, nobody else tells a weight. It would be overwritten anyway. */
function weightCommands(slot: ObservedSlot, node: DesiredServer): readonly string[] {
  if (node.agentPort !== undefined && slot.agentAnswers) return []
  const weight = percentOf(node)
  return weight === slot.weight ? [] : [`set weight ${server(slot)} ${weight}%`]
}

/** `FULL_WEIGHT` stands for 100 %, so both are the same number. */
const percentOf = ({ weight }: DesiredServer): number =>
  weight === 0 ? 0 : Math.max(1, Math.round((weight / WEIGHT_MAX) * FULL_WEIGHT))

interface Filled {
  readonly steps: readonly Step[]
  /** Slot to node. */
  readonly slots: ReadonlyMap<string, DesiredServer>
}

/** Slots with nobody in them first: what a node left behind is counted against whoever comes after it. */
function fill(missing: readonly DesiredServer[], slots: readonly ObservedSlot[]): Filled {
  const free = slots.filter(isFree).sort((one, other) => one.sessions - other.sessions)
  const filled = new Map<string, DesiredServer>()
  const steps = missing.map((node): Step => {
    const slot = free.find(({ name, backup }) => backup === node.backup && !filled.has(name))
    if (slot === undefined) return { commands: [], says: noSlot(node) }
    filled.set(slot.name, node)
    return { commands: fillCommands(slot, node), says: `${node.name} is ${slot.name}.` }
  })
  return { steps, slots: filled }
}

function fillCommands(slot: ObservedSlot, node: DesiredServer): readonly string[] {
  const { host, port, maxConnections } = node
  return [
    `set server ${server(slot)} addr ${host} port ${port}`,
    ...agentCommands(slot, node),
    `set weight ${server(slot)} ${percentOf(node)}%`,
    ...(slot.maxConnections === maxConnections
      ? []
      : [`set maxconn server ${server(slot)} ${maxConnections}`]),
    `set server ${server(slot)} state ready`,
  ]
}

const noSlot = ({ name, backup }: DesiredServer): string =>
  `${name} has no place: all ${backup ? 'slots of other zones' : 'slots'} are taken. Render the configuration with more (--slots) and reload.`

/** A client is steered to nodes that take new ones, and past an operator's drain to none. */
function* steerable(
  taken: ReadonlyMap<string, DesiredServer>,
  slots: readonly ObservedSlot[],
): Generator<readonly [string, DesiredServer]> {
  for (const slot of slots) {
    const node = taken.get(slot.name)
    if (node?.state === 'ready' && !slot.maintenance && !slot.drained) yield [slot.name, node]
  }
}

function steer({ map, mapFile }: Observation, slots: ReadonlyMap<string, DesiredServer>): readonly Step[] {
  if (mapFile === undefined) return []
  const wanted = new Map([...slots].map(([slot, { name }]) => [name, slot]))
  const gone = [...map.keys()].filter((node) => !wanted.has(node))
  const moved = [...wanted].filter(([node, slot]) => map.get(node) !== slot)
  const commands = [
    ...gone.map((node) => `del map ${mapFile} ${node}`),
    ...moved.flatMap(([node, slot]) => [`del map ${mapFile} ${node}`, `add map ${mapFile} ${node} ${slot}`]),
  ]
  return commands.length === 0 ? [] : [{ commands, says: '' }]
}
