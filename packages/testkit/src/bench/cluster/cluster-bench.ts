import type { ClusterTools } from './front-proxy.ts'

/** What every bench of a cluster is given. */
export interface ClusterBench {
  readonly tools: ClusterTools
  /** Less of everything: shows that it runs, says nothing about speed. */
  readonly smoke: boolean
  say(line: string): void
  /** Told once for each cluster, while its database runs. */
  databaseRuns(url: string): Promise<void>
}

/** A number of the set-up: the real one, and that of a smoke run. */
export const size =
  (real: number, smoke: number) =>
  (bench: Pick<ClusterBench, 'smoke'>): number =>
    bench.smoke ? smoke : real
