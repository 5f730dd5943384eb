import type { RedisKind } from '../cluster-bed/bed-redis.ts'
import type { BedEdgeSettings } from '../cluster-bed/bed-edge.ts'
import type { BedProxySettings } from '../cluster-bed/bed-proxy.ts'
import type { Run } from '../cluster-bed/figures.ts'
import type { Expectation } from './expectations.ts'
import type { Stage } from './stage.ts'
import type { Cast } from './talk/cast.ts'
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
  /** Balancers in front of the nodes, by which all clients come. */
  readonly edges?: readonly BedEdgeSettings[]
  /** The same with HAProxy and NGINX; where one is not installed it cannot be played. */
  readonly proxies?: readonly BedProxySettings[]
  /** So many mirrors of the list of endpoints; clients know nothing else, and live in the zone of the first edge. */
  readonly mirrors?: number
  /** The harness's own node program, whose clock can be set. */
  readonly settableClock?: boolean
  readonly talk?: Partial<Pick<TalkPlan, 'users' | 'secondDevices' | 'groupSize' | 'perSecond'>>
  /** Sessions that go by each node's narrow link. */
  readonly narrow?: readonly string[]
  /** Beside what holds always. */
  readonly expect: readonly Expectation[]
  /** Runs while everybody talks; whatever it broke for good it leaves so. */
  play(stage: Stage): Promise<void>
  /** Looks at what everybody saw; `stage.check` and `stage.measured` take what it finds. */
  judge?(stage: Stage, run: JudgedRun): void
}

export interface JudgedRun extends Run {
  readonly warnings: Readonly<Record<string, number>>
  readonly cast: Cast
}
