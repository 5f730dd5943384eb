import { builtModule } from '../../processes/built-module.ts'
import { Child } from '../../processes/child.ts'
import type {
  Flood,
  Newcomers,
  Settled,
  TalkAnswer,
  TalkCommand,
  TalkOutcome,
  Whereabouts,
} from './talk-commands.ts'

/** Clients in a process of their own, so that they wait for nobody else. */
export class TalkProcess<Plan, Outcome extends TalkOutcome> {
  readonly #child: Child<TalkCommand<Plan>, TalkAnswer<Outcome>>

  /** `module`: one that calls `serveTalk`. */
  constructor(module: string, name: string) {
    this.#child = new Child(builtModule(module), name)
  }

  /** Resolves when everybody is online and knows all conversations. Answers what a client takes of memory. */
  async open(plan: Plan): Promise<number> {
    return (await this.#child.request({ do: 'open', plan }, 'open')).rssBytesPerClient
  }

  async begin(): Promise<void> {
    await this.#child.request({ do: 'talk' }, 'talk')
  }

  async hush(): Promise<void> {
    await this.#child.request({ do: 'hush' }, 'hush')
  }

  settle(withinMs: number): Promise<Settled> {
    return this.#child.request({ do: 'settle', withinMs }, 'settle')
  }

  where(): Promise<Whereabouts> {
    return this.#child.request({ do: 'where' }, 'where')
  }

  async flood(flood: Flood): Promise<void> {
    await this.#child.request({ do: 'flood', flood }, 'flood')
  }

  /** Answers how many of them are online by then. */
  async join(newcomers: Newcomers): Promise<number> {
    return (await this.#child.request({ do: 'join', newcomers }, 'join')).online
  }

  async finish(): Promise<Outcome> {
    return (await this.#child.request({ do: 'finish' }, 'finish')).outcome
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}
