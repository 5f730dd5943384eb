import type { Announcer } from '../cluster/announcer.ts'
import { healthOf, type Health } from '../probe/health.ts'
import type { Prober } from '../probe/prober.ts'
import type { Phase } from './drain-check.ts'
import type { MemberNode } from './member-node.ts'

export interface ReadinessOptions {
  readonly node: Pick<MemberNode, 'stats' | 'suspendWrites'>
  readonly announcer: Pick<Announcer, 'announced' | 'become' | 'standing' | 'clockFault'>
  readonly prober: Pick<Prober, 'verdict' | 'why'>
}

/** How this node is, and what follows from it: whether the others send clients here, and whether it writes. */
export class Readiness {
  readonly #options: ReadinessOptions
  #told = ''
  #clockFault: string | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  health(phase: Phase): Health {
    const { node, announcer, prober } = this.#options
    const { state, tail } = node.stats()
    return healthOf({
      state: state === 'stopping' ? state : phase,
      tail,
      path: prober.verdict,
      pathWhy: prober.why,
      standing: announcer.standing,
      clockFault: announcer.clockFault?.message,
    })
  }

  /** It alone has a fault that its clients feel: elsewhere they are served better. */
  get isFaulty(): boolean {
    const { announcer, prober } = this.#options
    return announcer.clockFault !== undefined || prober.verdict === 'failing'
  }

  /** Called often, and whenever something may have changed. */
  update(phase: Phase): void {
    this.#mindClock()
    if (phase === 'running') this.#tell(this.health(phase))
  }

  #tell({ ready, degraded, reasons }: Health): void {
    const { announcer } = this.#options
    const state = ready ? 'ready' : 'joining'
    // Reasons name seconds that pass: told once, or everybody would hear of it every second.
    const told = `${ready} ${degraded} ${reasons.length}`
    if (told === this.#told && state === announcer.announced.state) return
    this.#told = told
    announcer.become(state, reasons.length === 0 ? 'serving' : reasons.join(' '))
  }

  /** A node whose clock is off does not write. */
  #mindClock(): void {
    const fault = this.#options.announcer.clockFault?.message
    if (fault === this.#clockFault) return
    this.#clockFault = fault
    this.#options.node.suspendWrites(fault)
  }
}
