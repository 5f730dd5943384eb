import { expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import { joinPatiently, type Namesake } from './join-patiently.ts'

function setUp(namesake: () => Namesake) {
  const time = new ManualRuntime()
  let resolve: () => void = () => {}
  let reject: (error: Error) => void = () => {}
  const joined = new Promise<void>((...both) => ([resolve, reject] = both))
  let ended: unknown = 'waiting'
  void joinPatiently(joined, { timers: time.timers, namesake: async () => namesake() }).then(
    () => (ended = 'serve'),
    (error: unknown) => (ended = error),
  )
  return { time, resolve, reject, ended: () => ended }
}

test('joining ends the wait', async () => {
  const { time, resolve, ended } = setUp(() => 'none')
  await time.advance(250)
  expect(ended()).toBe('waiting')
  resolve()
  await time.settle()
  expect(ended()).toBe('serve')
})

test('a registry that is away is waited for a second', async () => {
  const { time, ended } = setUp(() => 'none')
  await time.advance(900)
  expect(ended()).toBe('waiting')
  await time.advance(150)
  expect(ended()).toBe('serve')
})

test('a dead predecessor is not waited for, a living namesake is: until the refusal', async () => {
  const dead = setUp(() => 'dead')
  await dead.time.advance(100)
  expect(dead.ended()).toBe('serve')
  const living = setUp(() => 'lives')
  await living.time.advance(3_000)
  expect(living.ended()).toBe('waiting')
  const refusal = new Error('the name is held')
  living.reject(refusal)
  await living.time.settle()
  expect(living.ended()).toBe(refusal)
})
