import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualTimers } from '../testing/manual-timers.ts'
import { RuntimeApi } from './runtime-api.ts'

let folder: string
let timers: ManualTimers

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-api-'))
  timers = new ManualTimers()
})

afterEach(() => rmSync(folder, { recursive: true }))

async function answering(serve: (socket: Socket) => void) {
  const path = join(folder, 'sock')
  const server = createServer((socket) => serve(socket.on('error', () => socket.destroy()))).listen(path)
  await once(server, 'listening')
  return { api: new RuntimeApi({ socket: path, timers }), server, [Symbol.dispose]: () => server.close() }
}

test('several changes are one line, and what HAProxy says of those it made is no refusal', async () => {
  let heard = ''
  using proxy = await answering((socket) => {
    socket.on('data', (line) => {
      heard += line.toString()
      socket.end(
        "IP changed from '192.0.2.1' to '10.0.0.1' by 'stats socket command'\n\nKey not found.\n\n\n",
      )
    })
  })
  await proxy.api.change(['set server b/s addr 10.0.0.1', 'del map /m n'])
  expect(heard).toBe('set server b/s addr 10.0.0.1;del map /m n\n')
  expect(timers.pending).toBe(0)
})

test('a refusal is an error with the commands and the words of HAProxy', async () => {
  using proxy = await answering((socket) => void socket.resume().end('\nNo such server.\n\n'))
  await expect(proxy.api.change(['set server b/x state ready'])).rejects.toMatchObject({
    reason: 'refused',
    message: expect.stringMatching(/refused "set server b\/x state ready": No such server\./) as string,
  })
})

test('a proxy that is paused is not waited for', async () => {
  using proxy = await answering((socket) => void socket.resume())
  const asked = proxy.api.show(['show info']).catch((error: unknown) => error)
  await once(proxy.server, 'connection')
  await timers.advance(2_000)
  expect(await asked).toMatchObject({ reason: 'silent' })
})

test('more than HAProxy would say is not taken into memory', async () => {
  using proxy = await answering((socket) => void socket.write(Buffer.alloc(5_000_000)))
  await expect(proxy.api.show(['show info'])).rejects.toMatchObject({ reason: 'tooLong' })
})
