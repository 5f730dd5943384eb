import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { clusterStatus, nodeStatus } from '../cluster/sample-status.ts'
import { untilAllSeeAll } from './mutual-sight.ts'

/** A node that sees what it is given, one answer after the other, the last one again and again. */
async function nodeThatSees(...views: (readonly string[])[]) {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const names = views[Math.min(asked.length, views.length - 1)] ?? []
    asked.push(request.headers.authorization)
    const nodes = names.map((name) => nodeStatus(name))
    response.end(JSON.stringify(clusterStatus({ nodes })))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('nodes are asked until each of them sees all', async () => {
  const one = await nodeThatSees(['node-1'], ['node-1'], ['node-1', 'node-2'])
  const two = await nodeThatSees(['node-1', 'node-2'])
  await untilAllSeeAll([one.url, two.url], 'o'.repeat(40))
  expect(one.asked).toEqual(Array.from({ length: 3 }, () => `Bearer ${'o'.repeat(40)}`))
})
