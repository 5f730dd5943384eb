import { Child } from '../../load/child.ts'
import { builtModule } from '../../load/load-process.ts'
import type { Flood, TalkAnswer, TalkCommand, TalkOutcome, TalkPlan } from './talk-plan.ts'

/** A talk in a process of its own, so that its clients wait for nobody else. */
export class TalkProcess {
  readonly #child = new Child<TalkCommand, TalkAnswer>(builtModule('chaos/talk/talk-main.js'), 'talk')

  /** Resolves when everybody is online and knows all conversations. */
  async open(plan: TalkPlan): Promise<void> {
    await this.#child.request({ do: 'open', plan }, 'open')
  }

  async begin(): Promise<void> {
    await this.#child.request({ do: 'talk' }, 'talk')
  }

  async hush(): Promise<void> {
    await this.#child.request({ do: 'hush' }, 'hush')
  }

  settle(withinMs: number): Promise<Extract<TalkAnswer, { done: 'settle' }>> {
    return this.#child.request({ do: 'settle', withinMs }, 'settle')
  }

  /** The node that serves each session. */
  async where(): Promise<Readonly<Record<string, string>>> {
    return (await this.#child.request({ do: 'where' }, 'where')).nodes
  }

  async flood(flood: Flood): Promise<void> {
    await this.#child.request({ do: 'flood', flood }, 'flood')
  }

  async finish(): Promise<TalkOutcome> {
    return (await this.#child.request({ do: 'finish' }, 'finish')).outcome
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}
