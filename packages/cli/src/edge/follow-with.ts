import { startDrivenEdge, type DrivenEdge, type ProxyDriver, type ProxyOptions } from '@skein/edge'
import { systemRuntime } from '@skein/server'
import { EXIT } from '../exit-codes.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { onStopSignals } from '../up/ctrl-c.ts'
import { eventLine } from './event-line.ts'

export interface Followed {
  readonly cluster: readonly string[]
  readonly operatorKey: string
}

/** Proxies follow the cluster until somebody asks to stop. */
export async function followWith(
  drivers: readonly ProxyDriver[],
  { cluster, operatorKey }: Followed,
  { home }: ProxyOptions,
  terminal: Terminal,
  hello: string,
  /** What runs beside it; answers how it is stopped. */
  beside: (edge: DrivenEdge) => Promise<() => Promise<void>> = async () => () => Promise.resolve(),
): Promise<void> {
  const edge = await startDrivenEdge({
    drivers,
    cluster: { operatorKey, urls: cluster },
    runtime: systemRuntime(),
    ...(home !== undefined && { home }),
    onSilence: (why) => terminal.err(eventLine({ kind: 'clusterSilent', why })),
    onBack: () => terminal.err(eventLine({ kind: 'clusterBack' })),
  })
  const stopBeside = await beside(edge)
  const asked = new Promise<void>((resolve) => {
    onStopSignals(resolve, () => process.exit(EXIT.failed))
  })
  terminal.out(hello)
  await asked
  await stopBeside()
  await edge.stop()
}
