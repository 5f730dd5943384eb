import { parseDispatchJws, readDispatchPayload, type DispatchEndpoint } from '@skein/protocol'
import { expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { ANSWER_MS, Dispatcher, MAX_PLACES } from './dispatcher.ts'
import { NOWHERE } from './rank.ts'
import { DispatchSigner } from './signing-key.ts'

const endpoint = (id: string, region = 'eu', zone = 'a'): DispatchEndpoint => ({
  id,
  url: `wss://${id}`,
  zone,
  region,
  weight: 1,
})

function setUp(endpoints: readonly DispatchEndpoint[]) {
  const runtime = new ManualRuntime()
  const signer = DispatchSigner.of({ clusterSecret: 's'.repeat(32) })
  const state = { endpoints, signed: 0, looked: 0 }
  const dispatcher = new Dispatcher({
    signer: {
      sign(document) {
        state.signed++
        return signer.sign(document)
      },
    },
    clock: runtime.clock,
    endpoints() {
      state.looked++
      return state.endpoints
    },
    ttlMs: 5_000,
    staleMs: 60_000,
    strategy: 'peak-ewma',
  })
  const read = (place = NOWHERE) => {
    const jws = parseDispatchJws(dispatcher.answer(place) ?? '')
    const document = jws.ok ? readDispatchPayload(jws.value.payload) : jws
    if (!document.ok) throw new Error(document.message)
    return document.value
  }
  return { runtime, state, dispatcher, read }
}

test('the answer says when it was made, how long it holds, and where to go', () => {
  const { runtime, read } = setUp([endpoint('a')])
  const { endpoints, ...terms } = read()
  expect(endpoints).toEqual([endpoint('a')])
  expect(terms).toEqual({
    v: 1,
    issuedAt: runtime.nowMs,
    ttlMs: 5_000,
    staleMs: 60_000,
    strategy: 'peak-ewma',
  })
})

test('a node signs once a second for one place, however many ask', async () => {
  const { runtime, state, dispatcher, read } = setUp([endpoint('a')])
  const first = dispatcher.answer(NOWHERE)
  await runtime.advance(ANSWER_MS - 1)
  for (let i = 0; i < 1_000; i++) expect(dispatcher.answer({ zone: `z${i}`, region: `r${i}` })).toBe(first)
  expect([state.signed, state.looked]).toEqual([1, 1])
  state.endpoints = [endpoint('b')]
  await runtime.advance(1)
  expect(read().endpoints.map(({ id }) => id)).toEqual(['b'])
  expect([state.signed, state.looked]).toEqual([2, 2])
})

test('the near stand first for who says where it is', () => {
  const { read } = setUp([endpoint('a', 'eu'), endpoint('b', 'us')])
  const first = (region: string) => read({ region, zone: '' }).endpoints[0]?.id
  expect([first('us'), first('eu'), first('ap')]).toEqual(['b', 'a', 'a'])
})

test('a list of many places does not make a node sign for each of them', () => {
  const { state, dispatcher, read } = setUp(Array.from({ length: 200 }, (_, i) => endpoint(`e${i}`, `r${i}`)))
  for (let i = 0; i < 200; i++) dispatcher.answer({ region: `r${i}`, zone: '' })
  expect(state.signed).toBe(MAX_PLACES)
  expect(read({ region: 'r5', zone: '' }).endpoints[0]?.id).toBe('e5')
  expect(state.signed).toBe(MAX_PLACES)
})

test('without any endpoint there is no answer, and the next second asks again', async () => {
  const { runtime, state, dispatcher } = setUp([])
  expect(dispatcher.answer(NOWHERE)).toBeUndefined()
  state.endpoints = [endpoint('a')]
  await runtime.advance(ANSWER_MS)
  expect(dispatcher.answer(NOWHERE)).toBeDefined()
})
