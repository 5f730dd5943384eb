import { describe, expect, test } from 'vitest'
import { ManualRuntime } from '../observe/manual-runtime.ts'
import type { TurnedAway } from '../node/overload.ts'
import { setUp as setUpNode } from '../node/testing/node-bed.ts'
import { SendGate } from './send-gate.ts'

/** A gate of which the test says whether it is open, and its connection. */
function setUp() {
  const runtime = new ManualRuntime()
  const log: string[] = []
  const node: { turned: TurnedAway | undefined; asked: number; again: number } = {
    turned: undefined,
    asked: 0,
    again: 0,
  }
  const overload = {
    get refusesSends() {
      return node.turned !== undefined
    },
    askToSend: () => {
      node.asked++
      return node.turned
    },
    countAgain: () => void node.again++,
  }
  const connection = {
    pauseReading: () => void log.push('paused'),
    resumeReading: () => void log.push('resumed'),
  }
  const gate = new SendGate({ overload, runtime }, connection)
  return { runtime, log, node, gate, send: () => gate.refusal('ada', runtime.nowMs) }
}

const turned = { code: 'overloaded', message: 'too much', retryAfterMs: 2_000 } as const

describe('a session that was turned away', () => {
  test('is so until the moment that it was told, whatever the node would say by then', () => {
    const { runtime, node, gate, send } = setUp()
    node.turned = turned
    expect(send()).toEqual(turned)
    node.turned = undefined
    runtime.nowMs += 200
    expect(gate.isWatching).toBe(true)
    expect(send()).toEqual({ ...turned, retryAfterMs: 1_800 })
    runtime.nowMs += 1_800
    expect(send()).toBeUndefined()
    expect(gate.isWatching).toBe(false)
    expect(node).toMatchObject({ asked: 2, again: 1 })
  })

  test('is not read for a while when it goes on as if it had not heard', async () => {
    const { runtime, log, node, send } = setUp()
    node.turned = turned
    send()
    await runtime.advance(250)
    send()
    expect(log).toEqual([])
    await runtime.advance(50)
    send()
    send()
    expect(log).toEqual(['paused'])
    await runtime.advance(1_000)
    expect(log).toEqual(['paused', 'resumed'])
  })

  test('is read again before it may send, so that what lay there meanwhile is turned away, not served late', async () => {
    const { runtime, log, node, send } = setUp()
    node.turned = { ...turned, retryAfterMs: 800 }
    send()
    await runtime.advance(300)
    send()
    await runtime.advance(299)
    expect(log).toEqual(['paused'])
    await runtime.advance(1)
    expect(log).toEqual(['paused', 'resumed'])
    expect(send()).toMatchObject({ retryAfterMs: 200 })
    expect(log).toEqual(['paused', 'resumed'])
    expect(runtime.timersPending).toBe(0)
  })
})

describe('a node without time', () => {
  const lagging = async () => {
    const loop = { lagMs: 0 }
    const bed = await setUpNode({}, { loopLagMs: () => loop.lagMs })
    const ada = await bed.online('ada')
    await bed.group(ada, 'team', ['ben'])
    await bed.settle()
    /** Until it turns somebody away. */
    const overload = async () => {
      loop.lagMs = 400
      for (let turns = 0; turns < 200 && ada.take('refused').length === 0; turns++) {
        ada.say(...Array.from({ length: 20 }, () => bed.message('team', `${turns}`)))
        await bed.settle()
        await bed.runtime.advance(100)
      }
    }
    return { ...bed, loop, ada, overload }
  }

  test('refuses a send with the moment to come back, and takes it then', async () => {
    const { ada, overload, loop, message, runtime, settle } = await lagging()
    await overload()
    const [refused] = ada.take('refused')
    expect(refused).toMatchObject({ code: 'overloaded', conversation: 'team' })
    loop.lagMs = 0
    await runtime.advance(refused?.retryAfterMs ?? 0)
    const again = message('team', 'again')
    ada.say(again)
    await settle()
    expect(ada.take('ack').map(({ clientId }) => clientId)).toContain(again.clientId)
  })

  test('commits nothing that was sent behind what it refused', async () => {
    const { ada, overload, loop, message, settle } = await lagging()
    await overload()
    // Over by now, but the client has not heard of the refusal yet.
    loop.lagMs = 0
    const behind = message('team', 'behind')
    const inArray = message('team', 'in an array')
    ada.handler.message(JSON.stringify(behind))
    ada.say(inArray, message('team', 'last'))
    await settle()
    const refused = ada.take('refused').map(({ clientId }) => clientId)
    expect(refused).toEqual(expect.arrayContaining([behind.clientId, inArray.clientId]))
    expect(ada.texts('team')).not.toContain('behind')
  })

  test('lets typing go without a word', async () => {
    const { ada, online, overload, settle } = await lagging()
    const ben = await online('ben')
    await overload()
    const before = ada.frames.length
    ada.say({ t: 'typing', conversation: 'team', active: true })
    await settle()
    expect(ben.take('typing')).toHaveLength(0)
    expect(ada.frames.length).toBe(before)
    // And the node still answers: it is slow, not gone.
    ada.say({ t: 'ping', n: 1 })
    await settle()
    expect(ada.take('pong')).toHaveLength(1)
  })
})
