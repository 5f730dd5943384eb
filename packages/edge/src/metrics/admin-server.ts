import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

export interface AdminServerOptions {
  readonly host: string
  readonly port: number
  readonly registry: Registry
  readonly status: () => object
}

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** `/metrics` and `/status` for those who run the edge: without a key, so it belongs on an address of their own. */
export async function startAdminServer({
  host,
  port,
  registry,
  status,
}: AdminServerOptions): Promise<AdminServer> {
  const answers: Readonly<Record<string, () => Promise<{ readonly type: string; readonly text: string }>>> = {
    '/metrics': async () => ({ type: registry.contentType, text: await registry.metrics() }),
    '/status': async () => ({ type: 'application/json', text: JSON.stringify(status(), null, 2) }),
  }
  const server = createServer(({ method, url = '' }, response) => {
    const answer = answers[url.split('?', 1)[0] ?? '']
    const refuse = (code: number, text: string): void => {
      response.writeHead(code, { 'content-type': 'text/plain' }).end(`${text}\n`)
    }
    if (answer === undefined) return refuse(404, 'Here are /metrics and /status.')
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'Only GET is answered here.')
    answer().then(
      ({ type, text }) => response.writeHead(200, { 'content-type': type }).end(text),
      (error: unknown) => refuse(500, error instanceof Error ? error.message : String(error)),
    )
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
