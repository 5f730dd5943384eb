import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { FakeServer } from '../testing/fake-server.ts'
import { manualRuntime } from '../testing/manual-runtime.ts'
import {
  CHOICE_MS,
  httpProbe,
  livenessUrl,
  PROBE_MS,
  PROBE_STAGGER_MS,
  probeSome,
  PROBES,
  transportProbe,
  type DispatchProbe,
  type ProbeResult,
} from './probe.ts'

test.each([
  ['wss://a.example/v1/connect', 'https://a.example/livez'],
  ['ws://a:81/v1/connect?app=x', 'http://a:81/livez'],
  ['wss://a/chat/v1/connect', 'https://a/chat/livez'],
  ['wss://a', 'https://a/livez'],
  ['wss://a/', 'https://a/livez'],
])('%s is asked at %s', (endpoint, url) => {
  expect(livenessUrl(endpoint)).toBe(url)
})

describe('several at the same time', () => {
  function play(answers: Record<string, number | 'fails' | 'silent'>) {
    const runtime = manualRuntime()
    const begun: [string, number][] = []
    const probe: DispatchProbe = (endpoint) => {
      begun.push([endpoint, runtime.clock.monotonicMs()])
      const answer = answers[endpoint]
      if (answer === 'fails') return Promise.reject(new Error('no'))
      if (typeof answer !== 'number') return new Promise(() => {})
      return new Promise((resolve) => void runtime.timers.after(answer, resolve))
    }
    const results: ProbeResult[] = []
    const ended = new AbortController()
    let doneMs: number | undefined
    void probeSome(Object.keys(answers), probe, runtime, ended.signal, (one) => results.push(one)).then(
      () => {
        doneMs = runtime.clock.monotonicMs()
      },
    )
    return { runtime, begun, results, ended, doneMs: () => doneMs }
  }

  test('begin one after the other, so many at most, and are measured each for itself', async () => {
    const { runtime, begun, results, doneMs } = play({ a: 100, b: 20, c: 'fails', d: 5 })
    await runtime.advance(1_000)
    expect(begun).toEqual([
      ['a', 0],
      ['b', PROBE_STAGGER_MS],
      ['c', 2 * PROBE_STAGGER_MS],
    ])
    expect(begun.length).toBe(PROBES)
    expect(results).toEqual([
      { endpoint: 'b', rttMs: 20 },
      { endpoint: 'c', rttMs: undefined },
      { endpoint: 'a', rttMs: 100 },
    ])
    expect(doneMs()).toBeLessThanOrEqual(2 * PROBE_STAGGER_MS)
  })

  test('one that answers is enough after a while; a silent one is told of when its time is over', async () => {
    const { runtime, results, doneMs } = play({ a: 30, b: 'silent' })
    await runtime.advance(CHOICE_MS)
    expect(doneMs()).toBe(CHOICE_MS)
    await runtime.advance(PROBE_MS)
    expect(results).toContainEqual({ endpoint: 'b', rttMs: undefined })
  })

  test('nobody answers: it ends with the last, in bounded time', async () => {
    const { runtime, doneMs } = play({ a: 'silent', b: 'silent', c: 'silent' })
    await runtime.advance(10_000)
    expect(doneMs()).toBe(PROBE_MS + 2 * PROBE_STAGGER_MS)
  })

  test('whoever ends it hears nothing more', async () => {
    const { runtime, results, ended } = play({ a: 100, b: 200 })
    ended.abort()
    await runtime.advance(10_000)
    expect(results).toEqual([])
  })
})

test('by a WebSocket: it is opened and closed, and nothing is said', async () => {
  const server = new FakeServer()
  const probe = transportProbe(server.transport)
  const answer = probe('wss://a/v1/connect', { signal: new AbortController().signal })
  server.last.open()
  await answer
  expect(server.last.closed).toEqual({ code: 1000, reason: 'probe' })
  const refused = probe('wss://a/v1/connect', { signal: new AbortController().signal })
  server.last.close(1006)
  await expect(refused).rejects.toThrow('closed with 1006')
})

test('by HTTP against a real server: an answer counts, also that it knows no such path; 503 does not', async () => {
  const asked: (string | undefined)[] = []
  let status = 200
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const probe = () => httpProbe(`ws://127.0.0.1:${port}/v1/connect`, { signal: AbortSignal.timeout(5_000) })
  try {
    await probe()
    status = 404
    await probe()
    expect(asked).toEqual(['/livez', '/livez'])
    status = 503
    await expect(probe()).rejects.toThrow('503')
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await expect(probe()).rejects.toThrow('fetch failed')
})
