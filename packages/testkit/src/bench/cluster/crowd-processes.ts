import { Child } from '../../load/child.ts'
import { builtModule } from '../../load/load-process.ts'
import type { CrowdAnswer, CrowdCommand, CrowdOutcome, CrowdPlan, Whereabouts } from './crowd-plan.ts'

export interface CrowdsOptions {
  readonly plan: Omit<CrowdPlan, 'firstUser'>
  /** A process may hold only so many files, and its clients wait for each other. */
  readonly processes: number
}

/** One crowd over several processes. */
export class CrowdProcesses {
  readonly #children: readonly Child<CrowdCommand, CrowdAnswer>[]
  readonly #options: CrowdsOptions

  constructor(options: CrowdsOptions) {
    this.#options = options
    this.#children = Array.from(
      { length: options.processes },
      () => new Child<CrowdCommand, CrowdAnswer>(builtModule('bench/cluster/crowd-main.js'), 'crowd'),
    )
  }

  /** Resolves when everybody is online. Answers what an SDK client takes of memory. */
  async open(): Promise<number> {
    const { plan } = this.#options
    const conversations = Math.ceil(plan.users / plan.usersPerConversation)
    const share = (index: number): number =>
      Math.floor((conversations * index) / this.#children.length) * plan.usersPerConversation
    const opened = this.#children.map((child, index) => {
      const firstUser = share(index)
      const users = Math.min(plan.users, share(index + 1)) - firstUser
      const perSecond = (plan.perSecond * users) / plan.users
      const own = { ...plan, firstUser, users, perSecond, seed: plan.seed + index }
      return child.request({ do: 'open', plan: own }, 'open')
    })
    const answers = await Promise.all(opened)
    return answers.reduce((sum, { rssBytesPerClient }) => sum + rssBytesPerClient, 0) / answers.length
  }

  async begin(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.request({ do: 'talk' }, 'talk')))
  }

  async hush(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.request({ do: 'hush' }, 'hush')))
  }

  async settle(withinMs: number): Promise<{ readonly unsettled: number; readonly offline: number }> {
    const answers = await Promise.all(
      this.#children.map((child) => child.request({ do: 'settle', withinMs }, 'settle')),
    )
    return answers.reduce(
      (sum, one) => ({ unsettled: sum.unsettled + one.unsettled, offline: sum.offline + one.offline }),
      { unsettled: 0, offline: 0 },
    )
  }

  async where(): Promise<Whereabouts> {
    const answers = await Promise.all(this.#children.map((child) => child.request({ do: 'where' }, 'where')))
    const byNode: Record<string, number> = {}
    for (const answer of answers)
      for (const [node, sessions] of Object.entries(answer.byNode))
        byNode[node] = (byNode[node] ?? 0) + sessions
    return { byNode, offline: answers.reduce((sum, { offline }) => sum + offline, 0) }
  }

  async finish(): Promise<CrowdOutcome> {
    const answers = await Promise.all(
      this.#children.map((child) => child.request({ do: 'finish' }, 'finish')),
    )
    const outcomes = answers.map(({ outcome }) => outcome)
    return {
      clients: outcomes.flatMap(({ clients }) => clients),
      sends: outcomes.flatMap(({ sends }) => sends),
      traces: outcomes.flatMap(({ traces }) => traces),
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end()))
  }
}
