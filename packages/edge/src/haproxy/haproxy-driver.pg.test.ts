import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fakeNode } from '../testing/fake-node.ts'
import { haproxyBed, until } from '../testing/haproxy-bed.ts'
import { openWebSocket } from '../testing/raw-websocket.ts'

/** Longer than agents and checks of HAProxy take to be heard. */
const HEARD_MS = 1_200

const nodesOf = async (port: number, count: number): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>()
  for (let index = 0; index < count; index += 1) {
    const socket = await openWebSocket(port)
    socket.close()
    counts.set(socket.node, (counts.get(socket.node) ?? 0) + 1)
  }
  return counts
}

test('the weight follows the agent within 2 s, and has no other authority: a weight from the CLI is overwritten', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([a.desired({ weight: 20 })])
  const weight = () => bed.stat('slot1', 'weight')
  await until('the first word of the agent', async () => (await weight()) === '100')
  const before = performance.now()
  a.says = 'up 37%\n'
  await until('37 %', async () => (await weight()) === '37')
  expect(performance.now() - before).toBeLessThan(2_000)
  await bed.api.change(['set weight skein/slot1 5%'])
  await until('37 % again', async () => (await weight()) === '37')
})

test('a node without an agent, or with a silent one, has its weight from the driver', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  const { agentPort: _, ...without } = a.desired({ weight: 128 })
  a.says = 'up 99%\n'
  b.says = 'nonsense\n'
  const driver = await bed.driver()
  const told = [without, b.desired({ weight: 64 })]
  await driver.apply(told)
  await sleep(HEARD_MS)
  await driver.apply([{ ...without, weight: 26 }, b.desired({ weight: 64 })])
  expect([await bed.stat('slot1', 'weight'), await bed.stat('slot2', 'weight')]).toEqual(['10', '25'])
  expect(driver.status().map(({ node, agent }) => [node, agent])).toEqual([
    ['node-1', 'none'],
    ['node-2', 'silent'],
  ])
})

test('a node that joins gets clients without a reload, is found by its name, and leaves its slot to another', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using c = await fakeNode('node-3')
  const pid = async () => /Pid: \d+/.exec(await bed.api.show(['show info']))?.[0]
  const before = await pid()
  const driver = await bed.driver()
  await driver.apply([a.desired()])
  {
    await using b = await fakeNode('node-2')
    await driver.apply([a.desired(), b.desired()])
    expect((await nodesOf(bed.port, 20)).size).toBe(2)
    for (let count = 0; count < 5; count += 1)
      expect((await openWebSocket(bed.port, '/v1/connect?node=node-2')).node).toBe('node-2')
    expect((await openWebSocket(bed.port, '/v1/connect?node=nobody')).node).toMatch(/^node-[12]$/)
  }
  // Two witnesses: a node that is not listed and answers stays, one that does not answer as well goes.
  await driver.apply([c.desired()])
  await until('node-2 is seen down', async () => (await bed.stat('slot2', 'status')).startsWith('MAINT'))
  expect(await bed.stat('slot1', 'status')).toMatch(/^UP/)
  expect(await bed.stat('slot3', 'addr')).toBe(`127.0.0.1:${c.port}`)
  await driver.apply([c.desired(), a.desired()])
  expect((await nodesOf(bed.port, 20)).size).toBe(2)
  expect(await pid()).toBe(before)
})

test('a node that drains keeps its WebSockets and gets nothing new, not even steered; then it is back by itself', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  const driver = await bed.driver()
  await driver.apply([a.desired(), b.desired()])
  const held = await openWebSocket(bed.port, '/v1/connect?node=node-1')
  a.says = 'up 0% #draining: its clients move\n'
  await driver.apply([a.desired({ state: 'drain', weight: 0 }), b.desired()])
  await until('HAProxy shows the drain', async () =>
    (await bed.stat('slot1', 'last_agt')).includes('draining: its clients move'),
  )
  expect(await bed.stat('slot1', 'weight')).toBe('0')
  const before = a.accepted()
  await nodesOf(bed.port, 20)
  expect((await openWebSocket(bed.port, '/v1/connect?node=node-1')).node).toBe('node-2')
  expect([a.accepted() - before, await held.echo('still here')]).toEqual([0, 'still here'])
  a.says = 'up 100%\n'
  await driver.apply([a.desired(), b.desired()])
  await until('it gets clients again', async () => (await nodesOf(bed.port, 10)).has('node-1'))
})

test("neither an agent that is up nor the driver cancels an operator's drain", async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  const driver = await bed.driver()
  const desired = [a.desired(), b.desired()]
  await driver.apply(desired)
  const held = await openWebSocket(bed.port, '/v1/connect?node=node-1')
  await bed.api.change(['set server skein/slot1 state drain'])
  await sleep(HEARD_MS)
  await driver.apply(desired)
  expect([...(await nodesOf(bed.port, 20)).keys()]).toEqual(['node-2'])
  expect((await openWebSocket(bed.port, '/v1/connect?node=node-1')).node).toBe('node-2')
  expect(await held.echo('still here')).toBe('still here')
  expect(driver.status()[0]).toMatchObject({ node: 'node-1', operator: 'drain', wanted: 'ready' })
  // Why Skein's agents never say that word: with it the operator's drain is gone.
  a.says = 'up ready 100%\n'
  await until('"ready" cancels it', async () => (await bed.stat('slot1', 'status')) === 'UP')
})

test('what an agent says cuts nobody; when nobody listens at the port any more all are cut at once', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  const driver = await bed.driver()
  await driver.apply([a.desired(), b.desired()])
  const held = await openWebSocket(bed.port, '/v1/connect?node=node-1')
  const other = await openWebSocket(bed.port, '/v1/connect?node=node-2')
  a.says = 'down #not ready: no bus\n'
  await until('it is down', async () => (await bed.stat('slot1', 'status')).startsWith('DOWN'))
  await sleep(HEARD_MS)
  expect(await held.echo('still here')).toBe('still here')
  const before = performance.now()
  await a.closePort()
  await until('its connections are closed', held.closed)
  expect(performance.now() - before).toBeLessThan(3_000)
  expect(await other.echo('not mine')).toBe('not mine')
  expect(bed.events.join()).toContain('node-1: nobody listens at its port; its 1 connections are closed.')
})

test('a reload keeps WebSockets, places, steering and an operator’s drain, refuses nobody, and is taken over', async () => {
  await using bed = await haproxyBed()
  await using a = await fakeNode('node-1')
  await using b = await fakeNode('node-2')
  await using c = await fakeNode('node-3')
  const driver = await bed.driver()
  await driver.apply([a.desired(), b.desired(), c.desired()])
  await bed.api.change(['set server skein/slot3 state drain'])
  const held = await openWebSocket(bed.port)
  // What was changed is written when nothing is left to change: in the next looks.
  await driver.apply([a.desired(), b.desired(), c.desired()])
  await driver.apply([a.desired(), b.desired(), c.desired()])
  await driver.stop()
  await bed.reload()
  // Nobody drives it now: it has its places from the state file, and who is steered from the map.
  expect([...(await nodesOf(bed.port, 20)).keys()].sort()).toEqual(['node-1', 'node-2'])
  expect((await openWebSocket(bed.port, '/v1/connect?node=node-2')).node).toBe('node-2')
  const next = await bed.driver()
  await next.apply([b.desired(), a.desired(), c.desired()])
  a.says = 'up 41%\n'
  await until('the agent is heard again', async () => (await bed.stat('slot1', 'weight')) === '41')
  expect(next.status()[2]).toMatchObject({ node: 'node-3', operator: 'drain' })
  await bed.reload()
  await until('the driver says so', () => bed.events.some((text) => text.includes('was reloaded')))
  expect(await held.echo('still here')).toBe('still here')
})

test('a newcomer is not stampeded under least connections: it starts slowly', async () => {
  await using bed = await haproxyBed({ strategy: 'weighted-least-connections', slowStartMs: 2_000 })
  await using a = await fakeNode('node-1')
  const driver = await bed.driver()
  await driver.apply([a.desired()])
  for (let count = 0; count < 40; count += 1) await openWebSocket(bed.port)
  await until('the first is warm', async () => (await bed.stat('slot1', 'weight')) === '100')
  await using b = await fakeNode('node-2')
  await driver.apply([a.desired(), b.desired()])
  for (let count = 0; count < 20; count += 1) await openWebSocket(bed.port)
  // Without a slow start all twenty: it has none, and the other forty.
  expect(b.open()).toBeGreaterThan(0)
  expect(b.open()).toBeLessThan(10)
})

test('nodes of another zone get clients when no near one takes any', async () => {
  await using bed = await haproxyBed({ home: { zone: 'a', region: 'eu' } })
  await using near = await fakeNode('near')
  await using far = await fakeNode('far')
  const driver = await bed.driver()
  await driver.apply([near.desired(), far.desired({ backup: true })])
  expect([...(await nodesOf(bed.port, 10)).keys()]).toEqual(['near'])
  near.says = 'up 0% #draining: moves\n'
  await until('the far one is used', async () => (await openWebSocket(bed.port)).node === 'far')
})
