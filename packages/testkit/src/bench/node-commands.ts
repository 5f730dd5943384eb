/** What the server process of a bench is told, and answers. */
export type NodeCommand =
  | {
      readonly do: 'start'
      readonly databaseUrl: string
      readonly secret: string
      readonly noLimits: boolean
    }
  | { readonly do: 'usage' }

export type NodeAnswer =
  | { readonly done: 'start'; readonly url: string; readonly pid: number }
  | { readonly done: 'usage'; readonly usage: Usage }

export interface Usage {
  /** User and system time of the whole process. */
  readonly cpuMs: number
  readonly rssBytes: number
  readonly atMs: number
}

export function usageNow(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss(), atMs: performance.now() }
}

/** Share of one core between two readings. */
export const coresUsed = (from: Usage, to: Usage): number => (to.cpuMs - from.cpuMs) / (to.atMs - from.atMs)
