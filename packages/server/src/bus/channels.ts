/** Names of the channels. A name that fits two conversations costs a look, since receivers compare what the hint says. */
export interface Channels {
  /** Hints of all conversations, where there is no channel for each. */
  readonly hints: string
  readonly all: string
  node(id: string): string
  conversation(app: string, conversation: string): string
}

/** `namespace`: clusters that share a server keep apart by it. */
export const channelsOf = (namespace: string): Channels => ({
  hints: `${namespace}:hints`,
  all: `${namespace}:all`,
  node: (id) => `${namespace}:node:${id}`,
  conversation: (app, conversation) => `${namespace}:c:${app}:${conversation}`,
})
