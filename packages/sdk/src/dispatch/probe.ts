import type { Runtime } from '@skein/core'
import type { TransportFactory } from '../connection/transport.ts'
import { within } from './staggered.ts'

/** Resolves as soon as the endpoint answers; rejects when it does not. `signal` ends it. */
export type DispatchProbe = (endpoint: string, bounds: { readonly signal: AbortSignal }) => Promise<void>

/** So many are looked at, one so long after the other: no burst, and the first is often enough. */
export const PROBES = 3
export const PROBE_STAGGER_MS = 50
/** An endpoint that takes longer counts as dead. */
export const PROBE_MS = 2_500
/** When somebody has answered, the others have until this, from the first probe on. */
export const CHOICE_MS = 400

/** `wss://host/path/v1/connect?x` → `https://host/path/livez`. By hand: not every platform's `URL` is whole. */
export const livenessUrl = (endpoint: string): string =>
  `${endpoint
    .replace(/^ws/, 'http')
    .replace(/[?#].*$/, '')
    .replace(/(\/v1\/connect)?\/?$/, '')}/livez`

/** Without CORS: a page may not read the answer of another origin, and need not; that it came is enough. */
export const httpProbe: DispatchProbe = async (endpoint, { signal }) => {
  const answer = await fetch(livenessUrl(endpoint), {
    signal,
    mode: 'no-cors',
    credentials: 'omit',
    cache: 'no-store',
  })
  // Unread it would hold its connection; a failure to let go of it says nothing of the endpoint.
  void answer.body?.cancel().catch(() => undefined)
  if (answer.type !== 'opaque' && answer.status >= 500) throw new Error(`answers ${answer.status}`)
}

/** Opens a connection and closes it: for where only WebSockets get through, and for simulators. */
export const transportProbe =
  (transport: TransportFactory): DispatchProbe =>
  (endpoint, { signal }) =>
    new Promise((resolve, reject) => {
      const socket = transport(endpoint, {
        opened() {
          resolve()
          socket.close(1000, 'probe')
        },
        message() {},
        closed: (code) => reject(new Error(`closed with ${code}`)),
      })
      signal.addEventListener('abort', () => socket.close(1000, 'probe'), { once: true })
    })

export interface ProbeResult {
  readonly endpoint: string
  /** Undefined: it did not answer. */
  readonly rttMs: number | undefined
}

/**
 * Looks at some endpoints at the same time. Resolves when there is enough to choose by; what comes later
 * is told too.
 */
export function probeSome(
  endpoints: readonly string[],
  probe: DispatchProbe,
  { clock, timers }: Runtime,
  ended: AbortSignal,
  tell: (result: ProbeResult) => void,
): Promise<void> {
  const some = endpoints.slice(0, PROBES)
  return new Promise((resolve) => {
    let open = some.length
    let answered = false
    let choiceOver = false
    const look = (): void => {
      if (open === 0 || ended.aborted || (answered && choiceOver)) resolve()
    }
    const end = (result: ProbeResult): void => {
      open--
      answered ||= result.rttMs !== undefined
      if (!ended.aborted) tell(result)
      look()
    }
    some.forEach((endpoint, index) => {
      timers.after(index * PROBE_STAGGER_MS, () => {
        const beganMs = clock.monotonicMs()
        const attempt = (signal: AbortSignal): Promise<void> => probe(endpoint, { signal })
        within(attempt, PROBE_MS, timers, ended).then(
          () => end({ endpoint, rttMs: clock.monotonicMs() - beganMs }),
          () => end({ endpoint, rttMs: undefined }),
        )
      })
    })
    timers.after(CHOICE_MS, () => {
      choiceOver = true
      look()
    })
    look()
  })
}
