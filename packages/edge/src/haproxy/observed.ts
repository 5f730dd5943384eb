/** The only backend that is driven; `render.ts` writes it. */
export const BACKEND = 'skein'
/** Slots for near nodes, and for nodes of other zones (HAProxy's `backup`). */
export const NEAR_SLOT = 'slot'
export const FAR_SLOT = 'far'
/** Where an empty slot points: an address that leads nowhere (RFC 5737) and a port that discards. */
export const NOWHERE = { host: '192.0.2.1', port: 9 } as const
/** A weight of 100 in HAProxy is a headroom of 100 %, so that its page reads as `skein status` does. */
export const FULL_WEIGHT = 100

/** A server of the backend as HAProxy has it now. */
export interface ObservedSlot {
  readonly name: string
  readonly backup: boolean
  readonly host: string
  readonly port: number
  /** Set by whoever uses the Runtime API or the page; outlives checks and agents. */
  readonly maintenance: boolean
  readonly drained: boolean
  readonly up: boolean
  /** Of `FULL_WEIGHT`. Slow start not included. */
  readonly weight: number
  readonly agentEnabled: boolean
  readonly agentHost: string
  readonly agentPort: number
  /** The agent gave a line that HAProxy understood, last time. */
  readonly agentAnswers: boolean
  /** What the agent said of the reason. */
  readonly agentText: string
  /** `fall` checks in a row found nobody listening at its port. */
  readonly portDead: boolean
  readonly sessions: number
  /** 0: any number. */
  readonly maxConnections: number
  /** As the status page shows it: `UP`, `DOWN (agent)`, `DRAIN`… */
  readonly status: string
}

export interface ObservedProxy {
  readonly version: string
  /** Of the worker: another one after a reload. */
  readonly pid: string
  readonly slots: readonly ObservedSlot[]
  /** The map of the steering hint, when the configuration has one. */
  readonly mapFile: string | undefined
  /** As `show servers state` gave it, for the file that a reload reads. */
  readonly stateText: string
}

/** All of one connection. */
export const OBSERVE = [
  'show info',
  'show map',
  `show servers state ${BACKEND}`,
  `show stat ${BACKEND} 4 -1`,
] as const

const FORCED_MAINTENANCE = 0x01
const FORCED_DRAIN = 0x08
const AGENT_ENABLED = 0x04
/** `L7TOUT` and `L4CON` are agents that said nothing. */
const AGENT_ANSWERS = /^(\* )?L7(OK|OKC|STS)$/

type Row = ReadonlyMap<string, string>

/** What HAProxy answered to `OBSERVE`; undefined when that cannot be read. */
export function readObserved(answer: string): ObservedProxy | undefined {
  const lines = answer.split('\n')
  const [stateHead, statHead] = ['# be_id ', '# pxname,'].map((start) =>
    lines.findIndex((line) => line.startsWith(start)),
  )
  if (stateHead === undefined || statHead === undefined || stateHead < 0 || statHead < 0) return undefined
  const stats = new Map(table(lines, statHead, ',').map((row) => [row.get('svname'), row]))
  const states = table(lines, stateHead, ' ')
  const info = (name: string): string =>
    lines
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
      .trim() ?? ''
  return {
    version: info('Version'),
    pid: info('Pid'),
    slots: states.flatMap((row) => {
      const stat = stats.get(row.get('srv_name') ?? '')
      return stat === undefined ? [] : [slotOf(row, stat)]
    }),
    mapFile: lines
      .map((line) => /^\d+ \((\S+nodes\.map)\) /.exec(line)?.[1])
      .find((file) => file !== undefined),
    stateText: ['1', ...lines.slice(stateHead, stateHead + 1 + states.length), ''].join('\n'),
  }
}

/** Rows until the empty line, by the names in the head. */
function table(lines: readonly string[], head: number, separator: string): readonly Row[] {
  const names = (lines[head] ?? '').replace(/^# /, '').split(separator)
  const rest = lines.slice(head + 1)
  const end = rest.findIndex((line) => line.trim() === '')
  return rest.slice(0, end < 0 ? undefined : end).map((line) => {
    const values = line.split(separator)
    return new Map(names.map((name, index) => [name, values[index] ?? '']))
  })
}

function slotOf(state: Row, stat: Row): ObservedSlot {
  const text = (row: Row, name: string): string => row.get(name) ?? ''
  const number = (row: Row, name: string): number => Number(row.get(name) || 0)
  const admin = number(state, 'srv_admin_state')
  const name = text(state, 'srv_name')
  // A check that runs at the moment has a star before what the last one found.
  const checked = text(stat, 'check_status').replace(/^\* /, '')
  return {
    name,
    backup: name.startsWith(FAR_SLOT),
    host: text(state, 'srv_addr'),
    port: number(state, 'srv_port'),
    maintenance: (admin & FORCED_MAINTENANCE) !== 0,
    drained: (admin & FORCED_DRAIN) !== 0,
    up: number(state, 'srv_op_state') !== 0,
    weight: number(state, 'srv_uweight'),
    agentEnabled: (number(state, 'srv_agent_state') & AGENT_ENABLED) !== 0,
    agentHost: text(state, 'srv_agent_addr'),
    agentPort: number(state, 'srv_agent_port'),
    agentAnswers: AGENT_ANSWERS.test(text(stat, 'agent_status')),
    agentText: text(stat, 'last_agt'),
    portDead: checked === 'L4CON' && number(stat, 'check_health') === 0,
    sessions: number(stat, 'scur'),
    maxConnections: number(stat, 'slim'),
    status: text(stat, 'status'),
  }
}

/** Entries of `show map FILE`: which slot a client that names a node is sent to. */
export const readMap = (answer: string): ReadonlyMap<string, string> =>
  new Map(
    answer.split('\n').flatMap((line) => {
      const [, node, slot] = /^0x\w+ (\S+) (\S+)$/.exec(line.trim()) ?? []
      return node === undefined || slot === undefined ? [] : [[node, slot] as const]
    }),
  )
