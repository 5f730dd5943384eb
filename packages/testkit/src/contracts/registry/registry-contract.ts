import { LEASE_TTL_MS, secretFingerprint, type Registry } from '@skein/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FINGERPRINT, recordOf } from './node-record.ts'
import type { RegistryHarness } from './registry-harness.ts'

export type { RegistryHarness } from './registry-harness.ts'

const MARGIN_MS = 200

async function epochOf(joining: ReturnType<Registry['join']>): Promise<number> {
  const outcome = await joining
  if (outcome.kind !== 'joined') throw new Error(`not joined: ${JSON.stringify(outcome)}`)
  return outcome.epoch
}

/** What every adapter of the registry port does. The rules in words: REGISTRY.md beside this file. */
export function registryContract(name: string, open: () => Promise<RegistryHarness>): void {
  describe(`${name} keeps the contract of the registry`, () => {
    let harness: RegistryHarness
    let registry: Registry
    const a = recordOf('a', 'one')
    const names = async (): Promise<string[]> =>
      (await registry.list()).nodes.map(({ record }) => record.id).sort()

    beforeEach(async () => {
      harness = await open()
      registry = harness.registry
    })
    afterEach(() => harness.dispose())

    test('R1 a node that has joined is listed as it said, with the epoch and a whole lease', async () => {
      const epoch = await epochOf(registry.join(a, FINGERPRINT))
      const { nodes } = await (await harness.another()).list()
      expect(nodes).toEqual([{ record: a, epoch, leaseLeftMs: expect.any(Number) }])
      expect(nodes[0]?.leaseLeftMs).toBeGreaterThan(LEASE_TTL_MS - 1_000)
      expect(nodes[0]?.leaseLeftMs).toBeLessThanOrEqual(LEASE_TTL_MS)
    })

    test('R2 a name is refused to another process while its holder lives', async () => {
      await epochOf(registry.join(a, FINGERPRINT))
      const second = await (await harness.another()).join(recordOf('a', 'two'), FINGERPRINT)
      expect(second).toMatchObject({ kind: 'nameTaken', holder: 'a.one' })
      expect(await names()).toEqual(['a.one'])
    })

    test('R2 of many processes that join under one name at once exactly one joins', async () => {
      const second = await harness.another()
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 === 0 ? registry : second).join(recordOf('a', `n${i}`), FINGERPRINT),
        ),
      )
      expect(outcomes.filter((outcome) => outcome.kind === 'joined')).toHaveLength(1)
      expect(await names()).toHaveLength(1)
    })

    test('R3 R4 the holder may join again, and its epoch grows', async () => {
      const first = await epochOf(registry.join(a, FINGERPRINT))
      const second = await epochOf(registry.join(a, FINGERPRINT))
      expect(second).toBeGreaterThan(first)
      expect((await registry.announce(a, first)).kind).toBe('lapsed')
      expect((await registry.announce(a, second)).kind).toBe('renewed')
    })

    test('R5 R6 a lease that was not renewed has ended, is not renewed any more, and frees the name', async () => {
      const epoch = await epochOf(registry.join(a, FINGERPRINT))
      await harness.passMs(LEASE_TTL_MS + MARGIN_MS)
      expect(await names()).toEqual([])
      expect((await registry.announce(a, epoch)).kind).toBe('lapsed')
      const other = await epochOf(registry.join(recordOf('a', 'two'), FINGERPRINT))
      expect(other).toBeGreaterThan(epoch)
      expect((await registry.announce(a, epoch)).kind).toBe('lapsed')
      expect(await registry.join(a, FINGERPRINT)).toMatchObject({ kind: 'nameTaken', holder: 'a.two' })
      expect(await names()).toEqual(['a.two'])
    })

    test('R5 R6 a renewed lease lives on, with what was announced last', async () => {
      const epoch = await epochOf(registry.join(a, FINGERPRINT))
      await harness.passMs(LEASE_TTL_MS - 1_000)
      const draining = recordOf('a', 'one', { state: 'draining', reason: 'asked to' })
      expect((await registry.announce(draining, epoch)).kind).toBe('renewed')
      await harness.passMs(LEASE_TTL_MS - 1_000)
      expect((await registry.list()).nodes.map(({ record }) => record)).toEqual([draining])
    })

    test('R6 nobody renews what never joined', async () => {
      expect((await registry.announce(a, 1)).kind).toBe('lapsed')
      expect(await names()).toEqual([])
    })

    test('R7 leaving frees the name at once, and touches nobody else', async () => {
      await epochOf(registry.join(a, FINGERPRINT))
      await epochOf(registry.join(recordOf('b', 'one'), FINGERPRINT))
      await registry.leave('a.other')
      await registry.leave('c.one')
      expect(await names()).toEqual(['a.one', 'b.one'])
      await registry.leave('a.one')
      expect(await names()).toEqual(['b.one'])
      await epochOf(registry.join(recordOf('a', 'two'), FINGERPRINT))
    })

    test('R8 a node with another secret is refused and changes nothing, also after the last node has left', async () => {
      const wrong = secretFingerprint('another secret')
      await epochOf(registry.join(a, FINGERPRINT))
      expect((await registry.join(recordOf('b', 'one'), wrong)).kind).toBe('wrongSecret')
      expect((await registry.join(recordOf('a', 'one'), wrong)).kind).toBe('wrongSecret')
      await registry.leave('a.one')
      expect((await registry.join(recordOf('b', 'one'), wrong)).kind).toBe('wrongSecret')
      expect(await names()).toEqual([])
      await epochOf(registry.join(a, FINGERPRINT))
    })

    test("R9 every answer carries the registry's clock", async () => {
      const before = await harness.nowMs()
      const joined = await registry.join(a, FINGERPRINT)
      const epoch = joined.kind === 'joined' ? joined.epoch : 0
      const answers = [
        joined,
        await registry.join(recordOf('a', 'two'), FINGERPRINT),
        await registry.join(a, 'other'),
        await registry.announce(a, epoch),
        await registry.announce(a, epoch + 1),
        await registry.list(),
      ]
      const after = await harness.nowMs()
      for (const { nowMs } of answers) {
        expect(nowMs).toBeGreaterThanOrEqual(before - 2)
        expect(nowMs).toBeLessThanOrEqual(after + 2)
      }
    })

    test('R10 what is no record is named, and the rest is listed', async () => {
      if (harness.spoil === undefined) return
      await epochOf(registry.join(a, FINGERPRINT))
      await epochOf(registry.join(recordOf('b', 'one'), FINGERPRINT))
      await harness.spoil('a')
      const { nodes, unreadable } = await registry.list()
      expect(nodes.map(({ record }) => record.id)).toEqual(['b.one'])
      expect(unreadable).toEqual(['a'])
    })
  })
}
