import { Encoded, type Connection } from '@skein/server'
import type { Transport } from '@skein/sdk'
import { seededRandom } from '@skein/core'
import { describe, expect, it } from 'vitest'
import { FaultCount } from '../faults/fault-kinds.ts'
import { VirtualTime } from '../virtual-time.ts'
import { SimNetwork } from './sim-network.ts'

interface Scene {
  readonly time: VirtualTime
  readonly network: SimNetwork
  readonly faults: FaultCount
  readonly seen: string[]
  readonly ends: Connection[]
  connect(client: string): Transport
}

function scene(): Scene {
  const time = new VirtualTime(0)
  const faults = new FaultCount()
  const network = new SimNetwork(time, seededRandom(7), faults)
  const seen: string[] = []
  const ends: Connection[] = []
  network.listen('n1', (connection) => {
    ends.push(connection)
    return {
      message: (text) => seen.push(`node<${text}`),
      unreadable: () => seen.push('node unreadable'),
      drained: () => seen.push('node drained'),
      closed: () => seen.push('node closed'),
    }
  })
  const connect = (client: string): Transport =>
    network.transport(client)('n1', {
      opened: () => seen.push('client opened'),
      message: (text) => seen.push(`client<${text}`),
      closed: (code) => seen.push(`client closed ${code}`),
    })
  return { time, network, faults, seen, ends, connect }
}

const only = (network: SimNetwork) => network.connectionsOf({})[0]

describe('the simulated network', () => {
  it('carries messages in order both ways and tells both sides of a close', async () => {
    const { time, seen, ends, connect } = scene()
    const transport = connect('c')
    await time.run(1_000)
    for (const text of ['1', '2', '3']) transport.send(text)
    ends[0]?.write([new Encoded('a'), new Encoded('b')])
    await time.run(2_000)
    ends[0]?.close(4300, 'draining')
    await time.run(4_000)
    expect(seen.filter((line) => line.startsWith('node<'))).toEqual(['node<1', 'node<2', 'node<3'])
    expect(seen.filter((line) => line.startsWith('client<'))).toEqual(['client<a', 'client<b'])
    expect(seen).toContain('client closed 4300')
    expect(seen.filter((line) => line === 'node closed')).toHaveLength(1)
  })

  it('refuses where nobody listens', async () => {
    const { time, network, seen, faults, connect } = scene()
    network.unlisten('n1')
    connect('c')
    await time.run(1_000)
    expect(seen).toEqual(['client closed 1006'])
    expect(faults.counts.refusedConnect).toBe(1)
  })

  it('keeps what a blocked way holds and lets it go on in order', async () => {
    const { time, network, seen, connect } = scene()
    const transport = connect('c')
    await time.run(1_000)
    network.block(network.link('c', 'n1'), 'up')
    transport.send('1')
    transport.send('2')
    await time.run(5_000)
    expect(seen).toEqual(['client opened'])
    network.unblock(network.link('c', 'n1'), 'up')
    await time.run(6_000)
    expect(seen).toEqual(['client opened', 'node<1', 'node<2'])
  })

  it('lets bytes pile up behind a slow consumer and says when they are gone', async () => {
    const { time, network, seen, ends, connect } = scene()
    connect('c')
    await time.run(1_000)
    network.link('c', 'n1').down.bytesPerSecond = 1_000
    ends[0]?.write([new Encoded('x'.repeat(1_994))])
    expect(ends[0]?.bufferedBytes).toBe(2_000)
    await time.run(2_900)
    expect(seen).not.toContain('node drained')
    await time.run(4_000)
    expect(seen).toContain('node drained')
    expect(ends[0]?.bufferedBytes).toBe(0)
  })

  it('a black hole tells nobody', async () => {
    const { time, network, seen, ends, connect } = scene()
    const transport = connect('c')
    await time.run(1_000)
    only(network)?.blackHole()
    transport.send('1')
    ends[0]?.write([new Encoded('a')])
    await time.run(60_000)
    expect(seen).toEqual(['client opened'])
  })

  it('a lingering connection delivers late what the client has sent again elsewhere', async () => {
    const { time, network, seen, faults, connect } = scene()
    const frame = '{"t":"send","conversation":"g","clientId":"00000000-0000-7000-8000-000000000001"}'
    const old = connect('c')
    await time.run(1_000)
    old.send(frame)
    only(network)?.linger(3_000)
    const next = connect('c')
    await time.run(2_000)
    next.send(frame)
    await time.run(10_000)
    expect(seen.filter((line) => line.startsWith('node<'))).toHaveLength(2)
    expect(faults.counts).toMatchObject({ duplicate: 1, reorder: 1 })
  })

  it('a node without power goes silent, a crashed one is noticed', async () => {
    for (const told of [false, true]) {
      const { time, network, seen, connect } = scene()
      connect('c')
      await time.run(1_000)
      network.nodeGone('n1', told)
      await time.run(5_000)
      expect(seen.includes('client closed 1006')).toBe(told)
    }
  })
})
