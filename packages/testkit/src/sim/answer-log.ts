import type { AnswerRecord } from '../history/service.ts'

interface Frame {
  readonly t: string
  readonly clientId?: string
  readonly code?: string
  readonly retryAfterMs?: number
}

const framesOf = (text: string): readonly Frame[] => {
  const parsed = JSON.parse(text) as Frame | readonly Frame[]
  return Array.isArray(parsed) ? (parsed as readonly Frame[]) : [parsed as Frame]
}

/** What one connection asked and was answered. */
export interface AnswerWatch {
  heard(text: string): void
  told(text: string): void
  /** Whoever is not answered by now knows why. */
  closed(): void
}

/** Looks at the wire of a node: when is a send answered, and how; and when is typing told. */
export class AnswerLog {
  readonly #nowMs: () => number
  readonly #answers: AnswerRecord[] = []
  readonly #open = new Set<Map<string, number>>()
  readonly typingToldAtMs: number[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  watch(): AnswerWatch {
    const asked = new Map<string, number>()
    this.#open.add(asked)
    return {
      heard: (text) => {
        for (const { t, clientId } of framesOf(text))
          if (t === 'send' && clientId !== undefined) asked.set(clientId, this.#nowMs())
      },
      told: (text) => {
        for (const frame of framesOf(text)) this.#told(asked, frame)
      },
      closed: () => void this.#open.delete(asked),
    }
  }

  /** Everything is over: who still waits on an open connection was forgotten. */
  finish(): readonly AnswerRecord[] {
    const forgotten = [...this.#open].flatMap((asked) =>
      [...asked].map(([clientId, atMs]) => ({ clientId, tookMs: this.#nowMs() - atMs, is: 'none' }) as const),
    )
    return [...this.#answers, ...forgotten]
  }

  #told(asked: Map<string, number>, { t, clientId, code = '', retryAfterMs }: Frame): void {
    if (t === 'typing') this.typingToldAtMs.push(this.#nowMs())
    const atMs = clientId === undefined ? undefined : asked.get(clientId)
    if (clientId === undefined || atMs === undefined || (t !== 'ack' && t !== 'refused')) return
    asked.delete(clientId)
    const tookMs = this.#nowMs() - atMs
    if (t === 'ack') this.#answers.push({ clientId, tookMs, is: 'acked' })
    else this.#answers.push({ clientId, tookMs, is: 'refused', code, retryAfterMs })
  }
}
