import { Committer } from '../log/committer.ts'
import type { LogRecord } from '../store/store.ts'
import type { ChatNodeOptions } from './chat-node.ts'
import { Overload } from './overload.ts'

/** The committer, and who is let in to it: each needs to know of the other. */
export function guardedCommits(
  options: Pick<ChatNodeOptions, 'store' | 'runtime' | 'limits' | 'logger' | 'loopLagMs'>,
  onCommitted: (records: readonly LogRecord[]) => void,
): { readonly committer: Committer; readonly overload: Overload } {
  const { store, runtime, limits, logger, loopLagMs = () => 0 } = options
  const committer = new Committer({
    store,
    runtime,
    limits,
    logger,
    onBegin: (begun) => overload.began(begun),
    onCommitted,
  })
  const overload = new Overload({ limits, runtime, logger, loopLagMs, commits: committer })
  return { committer, overload }
}
