/** A WebSocket, or what stands for one in a simulator. */
export interface Transport {
  send(text: string): void
  close(code: number, reason: string): void
}

export interface TransportListener {
  opened(): void
  message(text: string): void
  /** Called once; also when it never opened. 1006 when nobody said a code. */
  closed(code: number, reason: string): void
}

/** Opens a connection with subprotocol `skein.v1`. */
export type TransportFactory = (url: string, listener: TransportListener) => Transport
