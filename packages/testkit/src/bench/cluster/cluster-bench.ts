import type { NodeProgram } from '../../cluster-bed/bed-node.ts'
import type { FrontProxy } from './front-proxy.ts'

/** What benches of a cluster are given, because it stands above this package. */
export interface ClusterTools {
  /** How `skein node` is run. */
  readonly program: NodeProgram
  /** The proxy of `skein up`. */
  openFrontProxy(): Promise<FrontProxy>
}

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
