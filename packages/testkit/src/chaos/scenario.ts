import type { RedisKind } from '../cluster-bed/bed-redis.ts'
import type { Expectation } from './expectations.ts'
import type { Stage } from './stage.ts'
import type { TalkPlan } from './talk/talk-plan.ts'

/** A fault plan under load, and what must hold. */
export interface Scenario {
  readonly name: string
  /** What happens, in one line. */
  readonly about: string
  readonly nodes?: number
  readonly redis?: RedisKind
  /** Further configuration of every node. */
  readonly env?: Readonly<Record<string, string>>
  /** The harness's own node program, whose clock can be set. */
  readonly settableClock?: boolean
  readonly talk?: Partial<Pick<TalkPlan, 'users' | 'secondDevices' | 'groupSize' | 'perSecond'>>
  /** Sessions that go by each node's narrow link. */
  readonly narrow?: readonly string[]
  /** Beside what holds always. */
  readonly expect: readonly Expectation[]
  /** Runs while everybody talks; whatever it broke for good it leaves so. */
  play(stage: Stage): Promise<void>
}
