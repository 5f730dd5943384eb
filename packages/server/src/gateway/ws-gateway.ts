import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { randomInt, type Cancel, type Runtime } from '@skein/core'
import { CLOSE } from '@skein/protocol'
import type { NodeLimits } from '../node/limits.ts'
import type { Logger } from '../observe/logger.ts'
import { clientAddress, trustedAddresses, type IsTrusted } from './client-address.ts'
import type { Connection, ConnectionHandler } from './connection.ts'
import { answerRefusal, refuseUpgrade, type Refusal, type UpgradeRules } from './upgrade-refusal.ts'
import { WsConnection, type ConnectionShared } from './ws-connection.ts'
import { FrameJoiner } from './ws-frame.ts'
import { handshakeAnswer, refuseHandshake } from './ws-handshake.ts'

export interface WsGatewayOptions {
  /** The node. */
  accept(connection: Connection): ConnectionHandler
  readonly limits: Pick<NodeLimits, 'maxConnections'>
  readonly runtime: Pick<Runtime, 'random' | 'timers'>
  readonly logger: Logger
  /** Connections that have not said anything yet, at once; 2,000 unless told. Bounds a flood of handshakes. */
  readonly maxHandshakes?: number
  readonly allowedOrigins?: readonly string[]
  /** Addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed; none unless told. */
  readonly trustedProxies?: readonly string[]
}

export const CONNECT_PATH = '/v1/connect'

const DEFAULT_MAX_HANDSHAKES = 2_000
/** A refused client comes back after 1 to 5 s. */
const RETRY_AFTER_MAX_SECONDS = 5

/** WebSocket connections for a node, on a Node HTTP server. */
export class WsGateway {
  readonly #options: WsGatewayOptions
  readonly #rules: UpgradeRules
  readonly #isTrusted: IsTrusted
  readonly #shared: ConnectionShared
  readonly #connections = new Set<WsConnection>()
  #handshakes = 0
  #stopping = false
  #onEmpty: (() => void) | undefined

  constructor(options: WsGatewayOptions) {
    this.#options = options
    this.#rules = {
      path: CONNECT_PATH,
      ...(options.allowedOrigins !== undefined && { allowedOrigins: options.allowedOrigins }),
    }
    this.#isTrusted = trustedAddresses(options.trustedProxies ?? [])
    this.#shared = {
      joiner: new FrameJoiner(),
      timers: options.runtime.timers,
      logger: options.logger,
      onFirstMessage: (connection) => this.#greeted(connection),
      onClosed: (connection) => this.#closed(connection),
    }
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Takes the server's upgrade requests. Answers a function that lets go of the server. */
  attach(server: Server): Cancel {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
      this.#upgrade(request, socket, head)
    server.on('upgrade', onUpgrade)
    return () => void server.off('upgrade', onUpgrade)
  }

  /** New clients are sent elsewhere from now on; those who are here stay. */
  refuseNew(): void {
    this.#stopping = true
  }

  /** Closes what the node has not closed itself; whoever does not answer by the deadline is cut off. */
  stop(deadlineMs: number): Promise<void> {
    this.refuseNew()
    for (const connection of this.#connections) connection.close(CLOSE.draining, 'this node is stopping')
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancelDeadline = this.#options.runtime.timers.after(deadlineMs, () => {
        for (const connection of this.#connections) connection.terminate()
      })
      this.#onEmpty = () => {
        cancelDeadline()
        resolve()
      }
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = refuseUpgrade(request, this.#rules) ?? refuseHandshake(request) ?? this.#refuseForLoad()
    if (refusal !== undefined) {
      answerRefusal(socket, refusal)
      return
    }
    // The client left before its request was looked at.
    if (socket.destroyed) return
    const peer = request.socket.remoteAddress ?? ''
    const forwarded = request.headers['x-forwarded-for']
    const remote = clientAddress(
      peer,
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
      this.#isTrusted,
    )
    if (socket instanceof Socket) {
      socket.setNoDelay(true)
      socket.setTimeout(0)
    }
    const connection = new WsConnection(socket, remote, this.#shared)
    socket.write(handshakeAnswer(request.headers['sec-websocket-key'] ?? ''))
    if (head.length > 0) socket.unshift(head)
    this.#accept(connection)
  }

  #refuseForLoad(): Refusal | undefined {
    const retryAfterSeconds = 1 + randomInt(this.#options.runtime.random, RETRY_AFTER_MAX_SECONDS)
    if (this.#stopping)
      return { status: 503, explanation: 'this node is stopping; connect elsewhere', retryAfterSeconds }
    const { limits, maxHandshakes = DEFAULT_MAX_HANDSHAKES } = this.#options
    if (this.#connections.size >= limits.maxConnections) {
      return {
        status: 503,
        explanation: 'this node has all the connections it takes; connect elsewhere or later',
        retryAfterSeconds,
      }
    }
    if (this.#handshakes >= maxHandshakes) {
      return {
        status: 503,
        explanation: 'too many connections begin at once; retry later',
        retryAfterSeconds,
      }
    }
    return undefined
  }

  #accept(connection: WsConnection): void {
    this.#connections.add(connection)
    this.#handshakes++
    try {
      connection.serve(this.#options.accept(connection))
    } catch (error) {
      this.#options.logger.error(
        { err: error, remote: connection.remote },
        'a connection could not be accepted',
      )
      connection.close(CLOSE.internal, 'internal error')
    }
  }

  #greeted(connection: WsConnection): void {
    connection.greeted = true
    this.#handshakes--
  }

  #closed(connection: WsConnection): void {
    if (!connection.greeted) this.#greeted(connection)
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }
}
