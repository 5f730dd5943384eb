import { type Bus, memoryBus, MemoryBusHub } from '@skein/server'
import { VirtualTime } from '../../sim/virtual-time.ts'
import { busContract } from './bus-contract.ts'
import type { BusHarness } from './bus-harness.ts'

/** All on virtual time: nothing waits for real. */
async function open(): Promise<BusHarness> {
  const time = new VirtualTime(0)
  const hub = new MemoryBusHub({ runtime: time.actor(1) })
  let buses: { readonly node: string; readonly bus: Bus }[] = []
  const forAll = (act: (node: string) => void): void => buses.forEach(({ node }) => act(node))
  return {
    nowMs: () => time.nowMs,
    until: async (check, withinMs) => (await time.run(time.nowMs + withinMs, check)) === 'done',
    bus(node) {
      const bus = memoryBus(hub, { node, runtime: time.actor(buses.length + 2) })
      buses.push({ node, bus })
      return bus
    },
    kill: async () => hub.kill(),
    revive: async () => hub.serve(),
    hang: async () => hub.hang(),
    resume: async () => hub.serve(),
    deafen: () => forAll((node) => hub.blackHole(node, 'in')),
    undeafen: () => forAll((node) => hub.heal(node)),
    async stopAll() {
      const stopped = Promise.all(buses.map(({ bus }) => bus.stop()))
      await time.run(time.nowMs + 1_000)
      await stopped
      buses = []
    },
    dispose: async () => {},
  }
}

busContract('the memory bus', open)
