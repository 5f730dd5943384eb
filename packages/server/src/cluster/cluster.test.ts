import { describe, expect, test } from 'vitest'
import { secretFingerprint } from './identity.ts'
import { LOAD, type Node, type NodeOptions, World } from './manual-cluster.ts'

const reasonOf = ({ started }: Node): unknown => (typeof started === 'string' ? started : started.reason)

describe('a cluster', () => {
  test('whose nodes start sees all of them within a second', async () => {
    const world = new World()
    const nodes = await world.running('a', 'b', 'c')
    for (const node of nodes) {
      expect(node.started).toBe('joined')
      expect(node.members).toEqual(['a.1', 'b.1', 'c.1'])
    }
  })

  test('tells changes of state at once, and new load without a change', async () => {
    const world = new World()
    const [a, b] = await world.running('a', 'b')
    a?.seen.splice(0)
    b?.announcer.become('ready', 'serving')
    await world.time.advance(450)
    expect(a?.seen).toEqual(['changed b.1'])
    if (b !== undefined) b.load = { ...LOAD, sessions: 42 }
    await world.time.advance(1_500)
    expect(a?.seen).toEqual(['changed b.1'])
    expect(a?.view.view.members.get('b.1')?.record.load?.sessions).toBe(42)
  })

  test.each([0, 100, 250, 333, 500, 777, 950])(
    'misses a node that was killed %i ms after a second within 3 s, whenever it was',
    async (afterMs) => {
      const world = new World()
      const [a, b] = await world.running('a', 'b', 'c')
      await world.time.advance(afterMs)
      b?.kill()
      await world.time.advance(3_000)
      expect(a?.members).toEqual(['a.1', 'c.1'])
    },
  )

  test('does not miss a node that leaves for longer than a poll', async () => {
    const world = new World()
    const [a, b] = await world.running('a', 'b')
    void b?.announcer.leave()
    await world.time.advance(450)
    expect(a?.members).toEqual(['a.1'])
    expect(b?.announcer.standing).toBe('left')
  })

  test('takes back a node that was stopped for 10 s: it knows at once, joins anew, and nothing else happens', async () => {
    const world = new World()
    const [a, b] = await world.running('a', 'b', 'c')
    const epoch = b?.announcer.epoch ?? 0
    b?.pause()
    await world.time.advance(10_000)
    expect(a?.members).toEqual(['a.1', 'c.1'])
    expect(b?.announcer.standing).toBe('outside')
    expect(b?.announcer.epoch).toBeUndefined()
    a?.seen.splice(0)
    b?.resume()
    await world.time.advance(1_000)
    expect(b?.announcer.epoch).toBeGreaterThan(epoch)
    expect(a?.seen).toEqual(['joined b.1'])
    expect(b?.members).toEqual(['a.1', 'b.1', 'c.1'])
    expect(b?.refused).toBeUndefined()
  })

  test('has one owner of a name: a stopped node whose place was taken is told so when it comes back', async () => {
    const world = new World()
    const [a, b] = await world.running('a', 'b')
    b?.pause()
    await world.time.advance(4_000)
    const heir = world.node('b', { incarnation: '2' })
    heir.start()
    await world.time.advance(1_000)
    b?.resume()
    for (let i = 0; i < 50; i++) {
      await world.time.advance(100)
      expect([b, heir].filter((node) => node?.announcer.standing === 'member')).toHaveLength(1)
      expect(a?.members.filter((id) => id.startsWith('b.'))).toHaveLength(1)
    }
    expect(b?.refused).toMatchObject({ reason: 'nameTaken' })
    expect(b?.announcer.standing).toBe('refused')
    expect(heir.announcer.standing).toBe('member')
  })
})

describe('starting', () => {
  test('under the name of a living node is refused, after the time in which a dead one would be forgotten', async () => {
    const world = new World()
    await world.running('a')
    const twin = world.node('a', { incarnation: '2' })
    twin.start()
    await world.time.advance(2_500)
    expect(twin.started).toBe('waiting')
    await world.time.advance(2_000)
    expect(reasonOf(twin)).toBe('nameTaken')
  })

  test('again right after a kill waits for the lease of the dead process, and joins', async () => {
    const world = new World()
    const [a] = await world.running('a')
    a?.kill()
    const next = world.node('a', { incarnation: '2' })
    next.start()
    await world.time.advance(3_000)
    expect(next.started).toBe('joined')
  })

  test.each<[string, NodeOptions, number, string]>([
    ['another secret', { secret: 'guessed' }, 0, 'wrongSecret'],
    ['an incompatible version', { cluster: 99 }, 0, 'incompatibleVersion'],
    ['a clock two minutes ahead', {}, 120_000, 'clockOff'],
    ['a clock two minutes behind', {}, -120_000, 'clockOff'],
  ])('with %s is refused, and the others never see it', async (_name, options, skewMs, reason) => {
    const world = new World()
    const [a] = await world.running('a')
    const stranger = world.node('x', options)
    stranger.skewMs = skewMs
    stranger.start()
    await world.time.advance(5_000)
    expect(reasonOf(stranger)).toBe(reason)
    expect(a?.seen).toEqual(['joined a.1'])
  })

  test('while the registry is away waits for it', async () => {
    const world = new World()
    const a = world.node('a')
    a.link.fault = 'down'
    a.start()
    await world.time.advance(10_000)
    expect(a.started).toBe('waiting')
    a.link.fault = 'none'
    await world.time.advance(500)
    expect(a.started).toBe('joined')
  })
})

describe('a running node', () => {
  test('whose clock jumps stays, and says that it must not write until the clock is right', async () => {
    const world = new World()
    const [a] = await world.running('a')
    if (a === undefined) return
    a.skewMs = 70_000
    await world.time.advance(1_100)
    expect(a.announcer.clockFault).toMatchObject({ reason: 'clockOff' })
    expect(a.announcer.standing).toBe('member')
    a.skewMs = 0
    await world.time.advance(1_100)
    expect(a.announcer.clockFault).toBeUndefined()
  })
})

describe.each(['down', 'hung'] as const)('a registry that is %s', (fault) => {
  test('drops nobody, however long; the view grows old, and a node that dies meanwhile is found out by asking', async () => {
    const world = new World()
    const [a, b] = await world.running('a', 'b', 'c')
    a?.seen.splice(0)
    world.fault = fault
    await world.time.advance(20_000)
    expect(a?.seen).toEqual([])
    expect(a?.view.ageMs).toBeGreaterThan(19_000)
    expect(a?.announcer.standing).toBe('outside')
    b?.kill()
    await world.time.advance(3_000)
    expect(a?.peers).toEqual(['c.1'])
    expect(a?.seen).toEqual(['changed b.1'])
  })

  test('and comes back is joined anew by all, without anybody having been away', async () => {
    const world = new World()
    const nodes = await world.running('a', 'b', 'c')
    world.fault = fault
    await world.time.advance(20_000)
    for (const node of nodes) node.seen.splice(0)
    world.fault = 'none'
    await world.time.advance(10_000)
    for (const node of nodes) {
      expect(node.seen.filter((change) => !change.startsWith('changed'))).toEqual([])
      expect(node.announcer.standing).toBe('member')
      expect(node.view.ageMs).toBeLessThan(500)
    }
  })
})

test.each([100, 300, 500, 700, 900])(
  'a registry that forgets everything in a moment drops nobody who lives (%i ms after a second)',
  async (afterMs) => {
    const world = new World()
    for (const name of ['a', 'b', 'c']) {
      world.node(name).start()
      await world.time.advance(330)
    }
    await world.time.advance(2_000 + afterMs)
    const [a, b, c] = world.nodes
    b?.kill()
    world.registry.forget()
    for (const node of [a, c]) node?.seen.splice(0)
    await world.time.advance(10_000)
    for (const node of [a, c]) {
      expect(node?.members).toEqual(['a.1', 'c.1'])
      expect(node?.seen.filter((change) => !change.startsWith('changed'))).toEqual(['left b.1'])
    }
  },
)

test('a view ignores a record whose signature is wrong', async () => {
  const world = new World()
  const [a] = await world.running('a')
  const record = a?.view.view.members.get('a.1')?.record
  if (record === undefined) throw new Error('a does not see itself')
  world.registry.join({ ...record, id: 'evil.1', name: 'evil', address: 'ws://evil' }, 'whatever')
  world.registry.join({ ...record, id: 'evil.1', name: 'evil' }, secretFingerprint('secret'))
  await world.time.advance(1_000)
  expect(world.registry.list().nodes).toHaveLength(2)
  expect(a?.members).toEqual(['a.1'])
})
