import { treeCpuMs } from '../../proxies/process-tree.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { median } from '../test-bed.ts'
import { CONTENDERS, type Contender, type ProxyStand, type Way } from './stand.ts'

const SOCKETS = 128
const COMERS = 16

export interface SpeedPlan {
  readonly rounds: number
  /** Of each balancer in each round, messages and connects each. */
  readonly measureMs: number
}

interface Round {
  readonly messages: Readonly<Record<Way, number>>
  readonly connects: Readonly<Record<Way, number>>
  /** Messages for a second of the balancer's own processor time. */
  readonly messagesPerCpuSecond: Readonly<Record<Contender, number>>
}

/** The same clients through one balancer after the other, round after round: what disturbs one disturbs all. */
export async function measureSpeed(
  stand: ProxyStand,
  { rounds, measureMs }: SpeedPlan,
  say: (line: string) => void,
): Promise<Readonly<Record<string, number>> & { readonly throughputRatio: number }> {
  const all: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    all.push(await measureRound(stand, measureMs))
    say(`round ${round} of ${rounds} of messages and connects`)
  }
  const ratio = (of: 'messages' | 'connects', one: Way): number =>
    median(all.map((round) => round[of][one] / round[of].haproxy))
  const cpuRatio = (one: Contender): number =>
    median(all.map(({ messagesPerCpuSecond: of }) => of[one] / of.haproxy))
  return {
    throughputRatio: ratio('messages', 'builtin'),
    connectRatio: ratio('connects', 'builtin'),
    nginxThroughputRatio: ratio('messages', 'nginx'),
    nginxConnectRatio: ratio('connects', 'nginx'),
    directThroughputRatio: ratio('messages', 'direct'),
    directConnectRatio: ratio('connects', 'direct'),
    cpuRatio: cpuRatio('builtin'),
    nginxCpuRatio: cpuRatio('nginx'),
    ...Object.fromEntries(
      CONTENDERS.flatMap((one) => [
        [`${one}MessagesPerSecond`, median(all.map(({ messages }) => messages[one]))],
        [`${one}ConnectsPerSecond`, median(all.map(({ connects }) => connects[one]))],
      ]),
    ),
  }
}

async function measureRound({ fronts, nodes, load }: ProxyStand, measureMs: number): Promise<Round> {
  const messages = { builtin: NaN, haproxy: NaN, nginx: NaN, direct: NaN }
  const connects = { ...messages }
  const messagesPerCpuSecond = { builtin: NaN, haproxy: NaN, nginx: NaN }
  const pass = async (port: number): Promise<number> =>
    (await load.request({ do: 'messages', port, sockets: SOCKETS, measureMs }, 'messages')).perSecond
  const come = async (port: number): Promise<number> =>
    (await load.request({ do: 'connects', port, atOnce: COMERS, measureMs }, 'connects')).perSecond
  for (const one of CONTENDERS) {
    const { port, pid } = fronts[one]
    const cpuFromMs = await treeCpuMs(pid)
    const fromMs = nowMs()
    messages[one] = await pass(port)
    const tookMs = nowMs() - fromMs
    // The whole time counts on both sides, so that processor time of a moment that was not counted weighs nothing.
    const cores = ((await treeCpuMs(pid)) - cpuFromMs) / tookMs
    messagesPerCpuSecond[one] = messages[one] / cores
    connects[one] = await come(port)
  }
  const { port = NaN } = nodes[0] ?? {}
  messages.direct = await pass(port)
  connects.direct = await come(port)
  return { messages, connects, messagesPerCpuSecond }
}
