import { openPostgresStore, silentLogger, systemRuntime } from '@skein/server'
import { TalkProcess } from '../cluster-bed/clients/talk-process.ts'
import type { Whereabouts } from '../cluster-bed/clients/talk-commands.ts'
import { type Figures, figuresOf } from '../cluster-bed/figures.ts'
import { violationText } from '../history/history.ts'
import { nowMs } from '../processes/shared-clock.ts'
import { judgeTalk } from './judge.ts'
import type { ReadTalkOutcome, TalkPlan } from './talk/talk-plan.ts'

export interface TalkVerdict {
  /** What the history checker found, in words. */
  readonly violations: readonly string[]
  readonly figures: Figures
  /** Sessions that no node served in the end. */
  readonly offline: number
}

/** What is under way when the talk ends has this long. */
const SETTLE_MS = 30_000

/** SDK clients that talk through any address, for servers that somebody else runs, and are judged by the log. */
export class JudgedTalk implements AsyncDisposable {
  readonly #plan: TalkPlan
  readonly #process = new TalkProcess<TalkPlan, ReadTalkOutcome>('chaos/talk/talk-main.js', 'talk')
  #fromMs = 0

  private constructor(plan: TalkPlan) {
    this.#plan = plan
  }

  /** Resolves when everybody is online and talks. `app` is to be of this talk alone. */
  static async open(plan: TalkPlan): Promise<JudgedTalk> {
    const talk = new JudgedTalk(plan)
    try {
      await talk.#process.open(plan)
      await talk.#process.begin()
      talk.#fromMs = nowMs()
      return talk
    } catch (error) {
      await talk.#process.end()
      throw error
    }
  }

  where(): Promise<Whereabouts> {
    return this.#process.where()
  }

  /** Ends the talk, lets everybody catch up and read back, and holds it against what the database has. */
  async judge(databaseUrl: string): Promise<TalkVerdict> {
    await this.#process.hush()
    const untilMs = nowMs()
    const { offline } = await this.#process.settle(SETTLE_MS)
    const outcome = await this.#process.finish()
    const store = await openPostgresStore({
      url: databaseUrl,
      region: 'local',
      autoMigrate: false,
      runtime: systemRuntime(),
      logger: silentLogger,
    })
    try {
      const violations = await judgeTalk(store, this.#plan.app, outcome)
      const { traces, sends } = outcome
      const figures = figuresOf({ traces, faults: [], fromMs: this.#fromMs, untilMs, sends, violations })
      return { violations: violations.map(violationText), figures, offline }
    } finally {
      await store.close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.end()
  }
}
