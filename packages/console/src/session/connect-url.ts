/** The WebSocket of the node that served the page. */
export const connectUrl = (page: Pick<Location, 'protocol' | 'host'>): string =>
  `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/v1/connect`
