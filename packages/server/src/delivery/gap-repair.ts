import type { Runtime } from '@skein/core'
import type { Logger } from '../observe/logger.ts'
import type { ReadPage, ReadRequest } from '../store/store.ts'
import type { Batcher } from './batcher.ts'
import type { LiveConversation } from './live-conversation.ts'
import type { Turn } from './turn.ts'

/** Events in one read that repairs a gap. */
const REPAIR_EVENTS = 200
/** Wait before a failed repair is tried again. */
const REPAIR_RETRY_MS = 500

export interface GapRepairOptions {
  readonly reader: Batcher<ReadRequest, ReadPage>
  readonly runtime: Runtime
  readonly logger: Logger
  readonly turn: Turn
}

interface Repair {
  /** Something was told meanwhile that asks for one more read. */
  again: boolean
  readonly waiting: (() => void)[]
}

/** Reads what live conversations miss: once for each, however many follow it, until nothing is missing. */
export class GapRepair {
  readonly #options: GapRepairOptions
  readonly #running = new Map<LiveConversation, Repair>()
  /** Repairs begun. */
  count = 0

  constructor(options: GapRepairOptions) {
    this.#options = options
  }

  begin(live: LiveConversation): void {
    const running = this.#running.get(live)
    if (running !== undefined) {
      running.again = true
      return
    }
    const repair: Repair = { again: false, waiting: [] }
    this.#running.set(live, repair)
    this.count++
    void this.#run(live, repair)
  }

  /** Resolves when the repair under way has ended or failed once; undefined when there is none. */
  ended(live: LiveConversation): Promise<void> | undefined {
    const repair = this.#running.get(live)
    return repair && new Promise((resolve) => repair.waiting.push(resolve))
  }

  async #run(live: LiveConversation, repair: Repair): Promise<void> {
    do {
      repair.again = false
      await this.#readMissing(live, repair)
    } while (repair.again)
    this.#running.delete(live)
    tell(repair)
  }

  async #readMissing(live: LiveConversation, repair: Repair): Promise<void> {
    const { reader, runtime, logger, turn } = this.#options
    for (;;) {
      if (live.pins === 0 && live.followers.size === 0) return
      let page: ReadPage
      try {
        page = await reader.load({
          app: live.app,
          conversation: live.id,
          cursor: live.cursor(),
          limit: REPAIR_EVENTS,
        })
      } catch (error) {
        logger.debug({ err: error, conversation: live.id }, 'repairing a gap failed, trying again')
        tell(repair)
        await new Promise<void>((resolve) => runtime.timers.after(REPAIR_RETRY_MS, resolve))
        continue
      }
      if (page.reset) {
        live.restart(page.cursor)
        for (const follower of [...live.followers]) follower.reset(live, page.cursor)
        return
      }
      for (const record of page.records) live.offer(record)
      if (live.hasFresh) turn.conversation(live)
      if (!page.more) return
    }
  }
}

function tell({ waiting }: Repair): void {
  for (const resolve of waiting.splice(0)) resolve()
}
