import { treeCpuMs } from '../../proxies/process-tree.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { median } from '../test-bed.ts'
import { CONTENDERS, type Contender, type ProxyStand } from './stand.ts'

const SOCKETS = 128
const COMERS = 16

export interface SpeedPlan {
  readonly rounds: number
  /** Of each balancer in each round, messages and connects each. */
  readonly measureMs: number
}

interface Round {
  readonly messages: Readonly<Record<Contender, number>>
  readonly connects: Readonly<Record<Contender, number>>
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
  const ratio = (of: 'messages' | 'connects' | 'messagesPerCpuSecond', one: Contender): number =>
    median(all.map((round) => round[of][one] / round[of].haproxy))
  return {
    throughputRatio: ratio('messages', 'builtin'),
    connectRatio: ratio('connects', 'builtin'),
    nginxThroughputRatio: ratio('messages', 'nginx'),
    nginxConnectRatio: ratio('connects', 'nginx'),
    cpuRatio: ratio('messagesPerCpuSecond', 'builtin'),
    nginxCpuRatio: ratio('messagesPerCpuSecond', 'nginx'),
    ...Object.fromEntries(
      CONTENDERS.flatMap((one) => [
        [`${one}MessagesPerSecond`, median(all.map(({ messages }) => messages[one]))],
        [`${one}ConnectsPerSecond`, median(all.map(({ connects }) => connects[one]))],
      ]),
    ),
  }
}

async function measureRound({ fronts, load }: ProxyStand, measureMs: number): Promise<Round> {
  const messages = { builtin: NaN, haproxy: NaN, nginx: NaN }
  const connects = { ...messages }
  const messagesPerCpuSecond = { ...messages }
  for (const one of CONTENDERS) {
    const { port, pid } = fronts[one]
    const cpuFromMs = await treeCpuMs(pid)
    const fromMs = nowMs()
    const pass = { do: 'messages', port, sockets: SOCKETS, measureMs } as const
    messages[one] = (await load.request(pass, 'messages')).perSecond
    const tookMs = nowMs() - fromMs
    // The whole time counts on both sides, so that processor time of a moment that was not counted weighs nothing.
    const cores = ((await treeCpuMs(pid)) - cpuFromMs) / tookMs
    messagesPerCpuSecond[one] = messages[one] / cores
    const come = { do: 'connects', port, atOnce: COMERS, measureMs } as const
    connects[one] = (await load.request(come, 'connects')).perSecond
  }
  return { messages, connects, messagesPerCpuSecond }
}
