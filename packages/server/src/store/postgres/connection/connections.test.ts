import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../observe/logger.ts'
import { ManualRuntime } from '../../../observe/manual-runtime.ts'
import { StoreError } from '../../store-error.ts'
import { Connections } from './connections.ts'
import { LONG_WAIT_MS } from './waits.ts'

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** "You are in", "I am ready". */
const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))])
const FAREWELL = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'))

test('a connection that is lost between two statements fails the next one, and nothing else', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.write(WELCOME)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connected = once(server, 'connection') as Promise<[Socket]>
  const connections = new Connections({
    url: `postgres://u@127.0.0.1:${port}/d`,
    runtime: new ManualRuntime(),
    logger: silentLogger,
    onCommitConnection: () => Promise.resolve(),
  })
  const outcome = connections.commitStatement(async (client) => {
    // Not events.once: that would listen to errors too.
    const ended = new Promise<void>((resolve) => void client.once('end', () => resolve()))
    const [socket] = await connected
    socket.end(FAREWELL)
    await ended
    await client.query('select 1')
  })
  await expect(outcome).rejects.toBeInstanceOf(StoreError)
  await connections.close()
  server.close()
})

test('batches that wait for a connection are told of when they have waited for long', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.write(WELCOME)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const runtime = new ManualRuntime()
  const connections = new Connections({
    url: `postgres://u@127.0.0.1:${port}/d`,
    commitConnections: 1,
    runtime,
    logger: silentLogger,
    onCommitConnection: () => Promise.resolve(),
  })
  const commits = () => connections.status()[0]
  let begun = (): void => undefined
  let done = (): void => undefined
  const isUnderWay = new Promise<void>((resolve) => (begun = resolve))
  const first = connections.commitStatement(() => {
    begun()
    return new Promise<void>((resolve) => (done = resolve))
  })
  await isUnderWay
  const second = connections.commitStatement(() => Promise.resolve())
  expect(commits()).toMatchObject({ name: 'database.commits', state: 'idle', used: 2 })
  runtime.nowMs += LONG_WAIT_MS
  expect(commits()).toMatchObject({ state: 'acting', reason: expect.stringContaining('for a connection') })
  done()
  await Promise.all([first, second])
  expect(commits()?.state).toBe('idle')
  await connections.close()
  server.close()
})
