import type { Settled, TalkOutcome, Whereabouts } from '../../cluster-bed/clients/talk-commands.ts'
import { TalkProcess } from '../../cluster-bed/clients/talk-process.ts'
import type { CrowdPlan } from './crowd-plan.ts'

export interface CrowdsOptions {
  readonly plan: Omit<CrowdPlan, 'firstUser'>
  /** A process may hold only so many files, and its clients wait for each other. */
  readonly processes: number
}

/** One crowd over several processes. */
export class CrowdProcesses {
  readonly #processes: readonly TalkProcess<CrowdPlan, TalkOutcome>[]
  readonly #options: CrowdsOptions

  constructor(options: CrowdsOptions) {
    this.#options = options
    this.#processes = Array.from(
      { length: options.processes },
      () => new TalkProcess('bench/cluster/crowd-main.js', 'crowd'),
    )
  }

  /** Resolves when everybody is online. Answers what an SDK client takes of memory. */
  async open(): Promise<number> {
    const { plan } = this.#options
    const conversations = Math.ceil(plan.users / plan.usersPerConversation)
    const share = (index: number): number =>
      Math.floor((conversations * index) / this.#processes.length) * plan.usersPerConversation
    const opened = this.#processes.map((process, index) => {
      const firstUser = share(index)
      const users = Math.min(plan.users, share(index + 1)) - firstUser
      const perSecond = (plan.perSecond * users) / plan.users
      return process.open({ ...plan, firstUser, users, perSecond, seed: plan.seed + index })
    })
    return sum(await Promise.all(opened)) / opened.length
  }

  async begin(): Promise<void> {
    await this.#each((process) => process.begin())
  }

  async hush(): Promise<void> {
    await this.#each((process) => process.hush())
  }

  async settle(withinMs: number): Promise<Settled> {
    const answers = await this.#each((process) => process.settle(withinMs))
    return {
      unsettled: sum(answers.map(({ unsettled }) => unsettled)),
      offline: sum(answers.map(({ offline }) => offline)),
    }
  }

  async where(): Promise<Whereabouts> {
    const answers = await this.#each((process) => process.where())
    return {
      byNode: added(answers.map(({ byNode }) => byNode)),
      byUrl: added(answers.map(({ byUrl }) => byUrl)),
      offline: sum(answers.map(({ offline }) => offline)),
    }
  }

  async finish(): Promise<TalkOutcome> {
    const outcomes = await this.#each((process) => process.finish())
    return {
      clients: outcomes.flatMap(({ clients }) => clients),
      sends: outcomes.flatMap(({ sends }) => sends),
      traces: outcomes.flatMap(({ traces }) => traces),
    }
  }

  async end(): Promise<void> {
    await this.#each((process) => process.end())
  }

  #each<T>(ask: (process: TalkProcess<CrowdPlan, TalkOutcome>) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#processes.map(ask))
  }
}

/** By name. */
function added(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const [name, count] of counts.flatMap((one) => Object.entries(one)))
    total[name] = (total[name] ?? 0) + count
  return total
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
