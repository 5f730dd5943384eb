import type { Client, ClientOptions } from './api.ts'
import { Session } from './session.ts'

/** Starts connecting at once; everything can be used right away, also while offline. */
export function createClient(options: ClientOptions): Client {
  const session = new Session(options)
  session.start()
  return {
    user: session.user,
    get connection() {
      return session.connection.status
    },
    get outboxKind() {
      return session.outbox.kind
    },
    conversations: () => session.conversations(),
    conversation: (id) => session.handle(session.store.record(id)),
    direct: (user) => session.handle(session.creation.direct(user)),
    createGroup: ({ title, members }) => session.handle(session.creation.group(title, members)),
    on: (name, listener) => session.emitter.on(name, listener),
    flushed: () => session.outbox.flushed(),
    stop: () => session.stop(),
  }
}
