import { expect, test } from 'vitest'
import { createApi } from './api.ts'
import type { ApiDeps } from './deps.ts'
import { silentNode } from './testing/silent-node.ts'

const KEY = 'the-key-of-prometheus-0123456789-abc'
const EXPOSITION = { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'skein_sessions 3\n' }

async function scrape(metrics: ApiDeps['metrics'], authorization?: string) {
  const api = createApi({ ...silentNode(), ...(metrics !== undefined && { metrics }) })
  const headers = authorization === undefined ? {} : { authorization }
  const { statusCode, headers: answered, body } = await api.inject({ url: '/metrics', headers })
  return { status: statusCode, type: answered['content-type'], body }
}

test('metrics are text for Prometheus, open to all unless there is a key', async () => {
  const open = { read: () => Promise.resolve(EXPOSITION) }
  const told = { status: 200, type: EXPOSITION.contentType, body: EXPOSITION.text }
  expect(await scrape(open)).toEqual(told)
  const closed = { ...open, key: KEY }
  expect(await scrape(closed, `Bearer ${KEY}`)).toEqual(told)
  for (const wrong of [undefined, 'Bearer x', `Basic ${KEY}`])
    expect(await scrape(closed, wrong)).toMatchObject({
      status: 401,
      body: expect.stringContaining('metrics key'),
    })
})

test('a node without metrics says which option brings them', async () => {
  expect(await scrape(undefined)).toMatchObject({
    status: 404,
    body: expect.stringContaining('option metrics'),
  })
})
