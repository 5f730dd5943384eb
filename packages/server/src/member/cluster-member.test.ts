import { describe, expect, test } from 'vitest'
import type { DrainError } from './drain-error.ts'
import { type Host, Members } from './manual-members.ts'

const must = (host: Host | undefined): Host => {
  if (host === undefined) throw new Error('no such host')
  return host
}

async function three(sessions: readonly number[]): Promise<[Members, Host, Host, Host]> {
  const world = new Members()
  const [a, b, c] = await world.running('a', 'b', 'c')
  for (const [index, host] of world.hosts.entries()) host.node.sessionCount = sessions[index] ?? 0
  await world.time.advance(2_000)
  return [world, must(a), must(b), must(c)]
}

const refusal = (host: Host, force = false): unknown => {
  try {
    host.drain(10_000, force)
    return undefined
  } catch (error) {
    return (error as DrainError).reason
  }
}

describe('joining', () => {
  test('a node that starts is joining, then ready, and all see all', async () => {
    const world = new Members()
    const [a, b] = await world.running('a', 'b')
    expect(a?.started).toBe('serving')
    expect(a?.member.health()).toEqual({ live: true, ready: true, degraded: false, reasons: [] })
    expect(a?.peers).toEqual(['b ready'])
    expect(b?.peers).toEqual(['a ready'])
    expect(b?.member.status()).toMatchObject({ self: 'b', bus: { kind: 'memory', state: 'up' }, drain: null })
  })

  test('a node whose log is not read yet is joining for all, and says why', async () => {
    const world = new Members()
    const [a, b] = await world.running('a', 'b')
    must(b).node.tail = 'starting'
    await world.time.advance(2_500)
    expect(a?.peers).toEqual(['b joining'])
    expect(b?.member.health()).toMatchObject({ ready: false, reasons: ['The node is starting.'] })
  })

  test('alone it has nobody to publish to, from its first second on', async () => {
    const world = new Members()
    const a = await world.start('a')
    expect(a.member.hasPeers()).toBe(false)
    await world.start('b')
    expect(a.member.hasPeers()).toBe(true)
  })

  test('with a registry that is away it serves after a second, degraded, and joins when it is back', async () => {
    const world = new Members()
    const a = await world.start('a', { registryFault: 'hung' })
    expect(a.started).toBe('serving')
    expect(a.member.health()).toMatchObject({ ready: true, degraded: true })
    expect(a.member.health().reasons[0]).toContain('registry')
    expect(a.member.hasPeers()).toBe(true)
    world.registryFault = 'none'
    await world.time.advance(3_000)
    expect(a.member.health()).toMatchObject({ ready: true, degraded: false })
    expect(a.member.standing).toBe('member')
  })

  test('another secret and a clock that is off are refused with a reason', async () => {
    const world = new Members()
    await world.start('a')
    const stranger = await world.start('s', { secret: 'another' })
    expect(stranger.started).toMatchObject({ reason: 'wrongSecret' })
    const late = await world.start('l', { skewMs: 600_000 })
    expect(late.started).toMatchObject({ reason: 'clockOff' })
  })

  test('the name of a living node is refused; that of one that just died is served at once and held soon', async () => {
    const world = new Members()
    const a = await world.start('a')
    const twin = await world.start('a', { incarnation: '2' })
    await world.time.advance(3_000)
    expect(twin.started).toMatchObject({ reason: 'nameTaken' })
    a.kill()
    const heir = await world.start('a', { incarnation: '3' })
    expect(heir.started).toBe('serving')
    expect(heir.member.health().ready).toBe(true)
    await world.time.advance(3_000)
    expect(heir.member.standing).toBe('member')
  })
})

describe('drain', () => {
  test('moves all clients to the others by their headroom within the window, and ends', async () => {
    const [world, a, b, c] = await three([900, 300, 300])
    a.drain(10_000)
    await world.time.advance(500)
    expect(b.peers).toContain('a draining')
    expect(a.node.admits).toBe(false)
    await world.time.advance(4_000)
    expect(a.node.sessionCount).toBeGreaterThan(200)
    expect(a.member.status().drain?.left).toBe(a.node.sessionCount)
    await world.time.advance(5_500)
    expect([a.node.sessionCount, a.node.dismissed, a.drained]).toEqual([0, 0, 'done'])
    expect(a.ended).toEqual({ reason: 'drained' })
    expect(Math.abs(b.node.sessionCount - c.node.sessionCount)).toBeLessThan(50)
    expect(a.node.asked.every(({ node, url }) => node !== undefined && url === undefined)).toBe(true)
    void a.member.stop()
    await world.time.advance(500)
    expect(b.peers).toEqual(['c ready'])
  })

  test('dismisses at its end whoever did not follow', async () => {
    const [world, a] = await three([50, 0, 0])
    a.node.stubborn = 10
    a.drain(6_000)
    await world.time.advance(7_000)
    expect([a.node.dismissed, a.drained]).toEqual([10, 'done'])
  })

  test('by a signal it is over when the window is, however many are left', async () => {
    const [world, a] = await three([9_000, 0, 0])
    a.drain(2_000, true, true)
    await world.time.advance(2_000)
    expect(a.drained).toBe('done')
    expect(a.node.dismissed).toBeGreaterThan(0)
  })

  test('a signal makes a drain that runs already quicker', async () => {
    const [world, a] = await three([500, 0, 0])
    a.drain(60_000)
    await world.time.advance(1_000)
    expect(refusal(a)).toBe('alreadyDraining')
    a.drain(3_000, true, true)
    await world.time.advance(3_000)
    expect(a.drained).toBe('done')
  })

  test('gives way to what the others can take: a large node takes longer than the window', async () => {
    const [world, a, b] = await three([9_000, 0, 0])
    a.drain(5_000)
    await world.time.advance(5_000)
    expect(a.node.sessionCount).toBeGreaterThan(3_000)
    await world.time.advance(9_000)
    expect([a.node.sessionCount, a.node.dismissed]).toEqual([0, 0])
    expect(b.node.sessionCount).toBeGreaterThan(4_000)
  })

  test('of the last ready node is refused, unless forced; a second drain at once too', async () => {
    const [world, a, b, c] = await three([10, 10, 10])
    a.drain(60_000)
    await world.time.advance(500)
    expect(refusal(b)).toBe('anotherDrains')
    expect(refusal(b, true)).toBeUndefined()
    await world.time.advance(500)
    expect(refusal(c)).toBe('lastReadyNode')
    expect(refusal(c, true)).toBeUndefined()
  })

  test('two that begin in one moment: one goes back to work when nobody else is ready', async () => {
    const world = new Members()
    const [a, b] = await world.running('a', 'b')
    must(a).node.sessionCount = 100
    must(b).node.sessionCount = 100
    a?.drain(20_000)
    b?.drain(20_000)
    await world.time.advance(1_000)
    expect([a?.drained, b?.drained]).toEqual([undefined, 'yielded'])
    expect(b?.node.admits).toBe(true)
    expect(b?.member.health().ready).toBe(true)
    await world.time.advance(25_000)
    expect(world.sessions).toEqual([0, 200])
    expect(b?.ended).toBeUndefined()
  })

  test('a node that is killed while it drains leaves nobody waiting, and its heir is as new', async () => {
    const [world, a, b] = await three([100, 0, 0])
    a.drain(60_000)
    await world.time.advance(1_000)
    a.kill()
    const heir = await world.start('a', { incarnation: '2' })
    await world.time.advance(4_000)
    expect(b.peers).toEqual(['a ready', 'c ready'])
    expect(heir.node.admits).toBe(true)
    expect(refusal(b)).toBeUndefined()
  })
})

describe('rebalance', () => {
  test('a third node gets its share of two, and then nothing moves any more', async () => {
    const world = new Members()
    const [a, b] = await world.running('a', 'b')
    must(a).node.sessionCount = must(b).node.sessionCount = 1_500
    await world.time.advance(5_000)
    expect(world.sessions).toEqual([1_500, 1_500])
    await world.start('c')
    await world.time.advance(45_000)
    const [most, mean] = [Math.max(...world.sessions), 1_000]
    expect(most / mean).toBeLessThanOrEqual(1.05)
    const asked = (): number => world.hosts.reduce((sum, { node }) => sum + node.asked.length, 0)
    await world.time.advance(20_000)
    const before = asked()
    await world.time.advance(60_000)
    expect(asked()).toBe(before)
    expect(world.sessions.reduce((sum, count) => sum + count, 0)).toBe(3_000)
  })

  test('nothing moves while the registry is away or the node is not in service', async () => {
    const [world, a, , c] = await three([300, 0, 0])
    world.registryFault = 'down'
    await world.time.advance(4_000)
    a.node.asked.length = 0
    await world.time.advance(20_000)
    expect(a.node.asked).toEqual([])
    expect(a.member.health()).toMatchObject({ ready: true, degraded: true })
    expect(a.member.hasTargets).toBe(true)
    world.registryFault = 'none'
    await world.time.advance(30_000)
    expect(a.node.asked.length).toBeGreaterThan(0)
    expect(c.node.sessionCount).toBeGreaterThan(90)
  })
})

describe('faults', () => {
  test('a node that was stopped for 10 s comes back without harm and without a drain', async () => {
    const [world, a, b] = await three([100, 100, 100])
    b.pause()
    await world.time.advance(10_000)
    expect(a.peers).toEqual(['c ready'])
    b.resume()
    await world.time.advance(6_000)
    expect(a.peers).toEqual(['b ready', 'c ready'])
    expect(b.member.health()).toMatchObject({ ready: true, degraded: false })
    expect([b.ended, b.node.dismissed]).toEqual([undefined, 0])
  })

  test('a stopped node whose place was taken moves its clients and ends with the reason', async () => {
    const [world, , b] = await three([0, 100, 0])
    b.pause()
    await world.time.advance(4_000)
    const heir = await world.start('b', { incarnation: '2' })
    await world.time.advance(1_000)
    b.resume()
    await world.time.advance(15_000)
    expect(b.ended).toMatchObject({ reason: 'refused', error: { reason: 'nameTaken' } })
    expect([b.node.sessionCount, heir.started]).toEqual([0, 'serving'])
  })

  test('a clock that is off stops writes and admission, and all goes on when it is right again', async () => {
    const [world, a, b] = await three([30, 30, 30])
    b.skewMs = -600_000
    await world.time.advance(4_000)
    expect(b.node.suspendedBecause).toContain('clock is off')
    expect(b.member.health().ready).toBe(false)
    expect(a.peers).toContain('b joining')
    await world.time.advance(15_000)
    expect(world.sessions).toEqual([45, 0, 45])
    b.skewMs = 0
    await world.time.advance(4_000)
    expect(b.node.suspendedBecause).toBeUndefined()
    expect(a.peers).toContain('b ready')
    expect(b.node.dismissed).toBe(0)
  })

  test('P8 a node whose messages the bus swallows is unready with a reason, the others are ready', async () => {
    const [world, a, b] = await three([1, 1, 1])
    world.hub.blackHole(b.member.id, 'both')
    await world.time.advance(12_000)
    expect(b.member.health().ready).toBe(false)
    expect(b.member.health().reasons.join(' ')).toContain('path to the others fails')
    expect(a.peers).toEqual(['b joining', 'c ready'])
    expect(a.member.health().ready).toBe(true)
    await world.time.advance(15_000)
    expect(world.sessions[1]).toBe(0)
    world.hub.heal(b.member.id)
    await world.time.advance(12_000)
    expect(b.member.health()).toMatchObject({ ready: true, degraded: false })
  })

  test('P8 a bus that swallows everything makes all degraded and leaves all ready', async () => {
    const [world] = await three([1, 1, 1])
    for (const { member } of world.hosts) world.hub.blackHole(member.id, 'both')
    await world.time.advance(20_000)
    for (const { member } of world.hosts)
      expect(member.health()).toMatchObject({ ready: true, degraded: true })
    for (const { member } of world.hosts) world.hub.heal(member.id)
    await world.time.advance(15_000)
    for (const { member } of world.hosts)
      expect(member.health()).toMatchObject({ ready: true, degraded: false })
  })

  test('with the registry away for a minute nobody leaves anybody', async () => {
    const [world, a] = await three([1, 1, 1])
    world.registryFault = 'down'
    await world.time.advance(60_000)
    expect(a.peers).toEqual(['b ready', 'c ready'])
    expect(a.member.health()).toMatchObject({ ready: true, degraded: true })
    world.registryFault = 'none'
    await world.time.advance(5_000)
    expect(a.member.health()).toMatchObject({ ready: true, degraded: false })
    expect(a.node.dismissed).toBe(0)
  })
})
