import { builtModule } from '../processes/built-module.ts'
import { Child } from '../processes/child.ts'
import type { DemandPlan, DemandResult } from './demand-plan.ts'
import type { LoadAnswer, LoadCommand, SendPlan, SendResult } from './load-plan.ts'

const CONNECTS_AT_ONCE = 64

/** A load generator in a process of its own. */
export class LoadProcess {
  readonly #child: Child<LoadCommand, LoadAnswer>

  constructor() {
    this.#child = new Child(builtModule('load/load-worker.js'), 'load')
  }

  /** Opens one session per token, which then have the indexes 0… in the order of the tokens. */
  async connect(url: string, tokens: readonly string[], heartbeatMs: number): Promise<void> {
    const { failed } = await this.#child.request(
      { do: 'connect', url, tokens, heartbeatMs, atOnce: CONNECTS_AT_ONCE },
      'connect',
    )
    if (failed > 0) throw new Error(`${failed} of ${tokens.length} connections failed; see above`)
  }

  async send(plan: SendPlan): Promise<SendResult> {
    const { result } = await this.#child.request({ do: 'send', ...plan }, 'send')
    return result
  }

  async demand(plan: DemandPlan): Promise<DemandResult> {
    const { result } = await this.#child.request({ do: 'demand', ...plan }, 'demand')
    return result
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}
