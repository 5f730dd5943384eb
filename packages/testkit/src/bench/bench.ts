import { unreachable } from '@skein/core'
import { describeEnvironment, type Environment } from './environment.ts'
import { benchFanout } from './fanout.ts'
import { benchIdle } from './idle.ts'
import { benchSends } from './sends.ts'
import { openTestBed, type TestBed } from './test-bed.ts'

export const BENCH_NAMES = ['sends', 'fanout', 'idle'] as const
export type BenchName = (typeof BENCH_NAMES)[number]

export interface BenchOptions {
  /** Less of everything: shows that it runs, says nothing about speed. */
  readonly smoke?: boolean
  /** A line about what is done now, for people. */
  onProgress?(line: string): void
}

export interface BenchReport {
  readonly bench: BenchName
  readonly figures: Readonly<Record<string, number>>
  readonly environment: Environment
  /** Every figure reaches what issue and docs ask of it. */
  readonly ok: boolean
}

/** What a bench measured, and whether that is what is asked of it. */
export interface Measurement {
  readonly figures: Readonly<Record<string, number>>
  readonly ok: boolean
}

/** Runs one bench with a real server process on a real PostgreSQL, load from another process. Takes minutes. */
export async function runBench(name: BenchName, options: BenchOptions = {}): Promise<BenchReport> {
  const bed = await openTestBed(options)
  try {
    const { figures, ok } = await measure(name, bed)
    const rounded = Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, round(value)]))
    return { bench: name, figures: rounded, environment: await describeEnvironment(bed.databaseUrl), ok }
  } finally {
    await bed.close()
  }
}

function measure(name: BenchName, bed: TestBed): Promise<Measurement> {
  switch (name) {
    case 'sends':
      return benchSends(bed)
    case 'fanout':
      return benchFanout(bed)
    case 'idle':
      return benchIdle(bed)
    default:
      return unreachable(name)
  }
}

/** Three digits after the point below 100, none above: more would be noise. */
const round = (value: number): number =>
  Math.abs(value) < 100 ? Math.round(value * 1_000) / 1_000 : Math.round(value)
