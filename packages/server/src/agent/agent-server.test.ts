import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { systemRuntime } from '../serve/system-runtime.ts'
import { startAgentServer } from './agent-server.ts'

const { timers } = systemRuntime()

test('says its line of now to whoever connects, also to one that never closes, and is gone when closed', async () => {
  let headroom = 73
  const server = await startAgentServer({
    host: '127.0.0.1',
    port: 0,
    answer: () => `up ${headroom}%\n`,
    timers,
  })
  const ask = () => connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  expect(await text(ask())).toBe('up 73%\n')
  headroom = 20
  expect(await text(ask())).toBe('up 20%\n')
  server.close()
  const [error] = await once(ask(), 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

test('a port that is taken is the system error that the command line explains', async () => {
  const options = { host: '127.0.0.1', port: 0, answer: () => '', timers }
  const server = await startAgentServer(options)
  await expect(startAgentServer({ ...options, port: server.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  server.close()
})
