import {
  benchProxy,
  CLUSTER_BENCH_NAMES,
  runBench,
  runClusterBench,
  whyNoCpuQuota,
  whyNoProxies,
} from '@skein/testkit'
import { describe, expect, test } from 'vitest'
import { CLUSTER_TOOLS } from './bench.ts'

/** From the sources this module lies elsewhere than the program that is built. */
const tools = {
  ...CLUSTER_TOOLS,
  program: { module: new URL('../../dist/main.js', import.meta.url).pathname, args: ['node'] },
}

describe('benches of a cluster, small', () => {
  test.each(CLUSTER_BENCH_NAMES)(
    '%s runs, and nothing is lost, doubled, reordered or failed',
    async (name) => {
      const { figures, environment } = await runClusterBench(name, { tools, smoke: true })
      expect(figures).toMatchObject({ lost: 0, duplicates: 0, orderViolations: 0, failedSends: 0 })
      expect(figures['sends']).toBeGreaterThan(20)
      expect(Object.values(figures).every(Number.isFinite)).toBe(true)
      expect(environment.postgres).toMatch(/^\d+/)
    },
  )
})

/** Where the system gives nobody a part of a core, the bench says so and cannot run. */
const noQuota = await whyNoCpuQuota()

describe.skipIf(noQuota !== undefined)('overload, small', () => {
  test.each([false, true])('it runs, and nothing is lost or doubled (rude: %s)', async (rude) => {
    const { figures } = await runBench('overload', { smoke: true, rude })
    expect(figures).toMatchObject({ lost: 0, doubled: 0, unanswered: 0, closedConnections: 0 })
    expect(figures['acked']).toBeGreaterThan(1_000)
    expect(figures['goodputAt0.5x']).toBeGreaterThan(0)
    expect(Object.values(figures).every(Number.isFinite)).toBe(true)
  })
})

describe.skipIf(whyNoProxies(['haproxy', 'nginx']) !== undefined)('proxy, small', () => {
  test('each balancer carries messages and connects, and HAProxy follows the headroom', async () => {
    const { figures } = await benchProxy({ smoke: true })
    expect(Object.values(figures).every(Number.isFinite)).toBe(true)
    expect(figures['builtinMessagesPerSecond']).toBeGreaterThan(100)
    expect(figures['nginxConnectsPerSecond']).toBeGreaterThan(10)
    expect(figures['convergenceMs']).toBeLessThanOrEqual(2_000)
    expect(figures['spread']).toBeLessThanOrEqual(0.1)
  })
})
