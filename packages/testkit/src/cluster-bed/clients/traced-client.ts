import type { Runtime } from '@skein/core'
import type { Body } from '@skein/protocol'
import { type Client, type ClientOptions, type Conversation, createClient, SdkError } from '@skein/sdk'
import type { DispatchOptions, OutgoingMessage, TransportFactory } from '@skein/sdk'
import { mintToken, systemRuntime } from '@skein/server'
import type { HistoryRecorder } from '../../history/recorder.ts'
import { nowMs } from '../../processes/shared-clock.ts'
import { type SessionTrace, SessionTracer } from './session-tracer.ts'

const TOKEN_TTL_SECONDS = 3_600

export interface TracedClientOptions {
  /** New for every instance. */
  readonly name: string
  readonly user: string
  readonly urls?: readonly string[]
  /** Instead of URLs, or beside them. */
  readonly dispatch?: DispatchOptions
  readonly runtime?: Runtime
  readonly token: ClientOptions['token']
  readonly transport: TransportFactory
}

/** One SDK client of a talk, with all that is written down about it. */
export class TracedClient {
  readonly name: string
  readonly client: Client
  readonly #recorder: HistoryRecorder
  readonly #tracer: SessionTracer
  #said = 0

  constructor({ name, urls, transport, ...options }: TracedClientOptions, recorder: HistoryRecorder) {
    this.name = name
    this.#recorder = recorder
    this.#tracer = new SessionTracer(name)
    this.client = createClient({
      ...options,
      ...(urls !== undefined && { url: urls }),
      transport: this.#tracer.traced(transport),
    })
    recorder.attach(this.client, name)
    this.client.on('event', ({ event: { kind, body } }) =>
      this.#tracer.arrived(kind === 'message' && isStamped(body) ? body.at : undefined),
    )
  }

  get online(): boolean {
    return this.client.connection.state === 'online'
  }

  /** That serves it now; undefined while none does. */
  get node(): string | undefined {
    return this.online ? this.#tracer.live?.node : undefined
  }

  /** By which it comes; undefined while no node serves it. */
  get url(): string | undefined {
    return this.online ? this.#tracer.live?.url.replace(/\?.*/, '') : undefined
  }

  /** A message that nobody else says, stamped with the time. */
  say(conversation: Conversation, more: Body = {}): void {
    const body = { text: `${this.name} says ${this.#said++}`, at: nowMs(), ...more }
    let message: OutgoingMessage
    try {
      message = conversation.send(body)
    } catch (error) {
      // The outbox is bounded: while the servers are away long enough, there is nothing more to say.
      if (error instanceof SdkError && error.reason === 'outboxFull') return
      throw error
    }
    this.#recorder.sent(this.name, this.client.user, conversation.id, body, message)
  }

  finish(): SessionTrace {
    return this.#tracer.finish()
  }
}

export async function tokenFor(
  user: string,
  { secret, app }: { readonly secret: string; readonly app: string },
): Promise<string> {
  const request = { secret, app, user, ttlSeconds: TOKEN_TTL_SECONDS }
  return (await mintToken(request, systemRuntime().clock)).token
}

const isStamped = (body: unknown): body is { readonly at: number } =>
  typeof body === 'object' && body !== null && 'at' in body && typeof body.at === 'number'
