import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoRoutes } from './demo.ts'

const created: string[] = []
let server: FastifyInstance
let pageDirectory: string

beforeEach(async () => {
  created.length = 0
  pageDirectory = mkdtempSync(join(tmpdir(), 'skein-page-'))
  writeFileSync(join(pageDirectory, 'index.html'), '<title>Skein</title>')
  server = fastify()
  await server.register(demoRoutes, {
    pageDirectory,
    store: {
      upsertUser: async (app: string, user: string) => {
        created.push(`${app}/${user}`)
      },
    },
    clock: { now: () => 1_800_000_000_000 },
    secret: 'a-secret-of-more-than-32-characters-x',
    app: 'demo',
  })
})

afterEach(async () => {
  await server.close()
  rmSync(pageDirectory, { recursive: true })
})

const ask = (body: unknown, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  server.inject({
    method: 'POST',
    url: '/demo/session',
    headers: { host: '127.0.0.1:7777', 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(body),
    remoteAddress,
  })

test('the page is served, and asking for a session creates the user', async () => {
  expect((await server.inject({ url: '/' })).body).toContain('Skein')
  const answer = await ask({ user: 'ada' })
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toMatchObject({ user: 'ada', app: 'demo' })
  expect(created).toEqual(['demo/ada'])
})

test('another machine, a foreign page and a rebound name get nothing', async () => {
  expect((await ask({ user: 'ada' }, {}, '10.0.0.5')).statusCode).toBe(403)
  expect((await ask({ user: 'ada' }, { origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await ask({ user: 'ada' }, { host: 'evil.example:7777' })).statusCode).toBe(403)
  expect((await ask({ user: 'ada' }, { origin: 'http://127.0.0.1:7777' })).statusCode).toBe(200)
  expect(created).toEqual(['demo/ada'])
})

test('a strange user is refused with what to send', async () => {
  for (const user of ['', '@ada', 'a'.repeat(129), 7, null, 'a b'])
    expect((await ask({ user })).statusCode).toBe(400)
  expect(created).toEqual([])
})
