import { setTimeout as sleep } from 'node:timers/promises'
import type { Measurement } from './bench.ts'
import { median, userNames, type BenchNode, type TestBed } from './test-bed.ts'

const FEW = 2_000
const MANY = 10_000
const CONVERSATIONS_PER_USER = 3
const MEMBERS_PER_CONVERSATION = 10
const HEARTBEAT_MS = 10_000
const QUIET_MS = 60_000
const RSS_READINGS = 5

/** What is asked (issue 2, item 11). */
const REACH = { rssBytesPerSession: 12_000 } as const

/** What a quiet session costs in memory: the slope between two numbers of them, whatever the rest costs. */
export async function benchIdle(bed: TestBed): Promise<Measurement> {
  const [few, many] = bed.smoke ? [100, 300] : [FEW, MANY]
  const users = userNames(many)
  bed.say(`${many} users, each in ${CONVERSATIONS_PER_USER} conversations`)
  await bed.createGroups(groupsOf(users))
  const tokens = await bed.tokens(users)
  const node = await bed.startNode()
  const load = bed.startLoad()
  await load.connect(node.url, tokens.slice(0, few), HEARTBEAT_MS)
  const rssFew = await quietRss(bed, node, few)
  await load.connect(node.url, tokens.slice(few), HEARTBEAT_MS)
  const rssMany = await quietRss(bed, node, many)
  const figures = {
    rssBytesPerSession: (rssMany - rssFew) / (many - few),
    rssBytesAtFew: rssFew,
    rssBytesAtMany: rssMany,
  }
  return { figures, ok: figures.rssBytesPerSession <= REACH.rssBytesPerSession }
}

/** Groups of ten such that everybody is in three, each time with others. */
function groupsOf(
  users: readonly string[],
): { readonly conversation: string; readonly members: readonly string[] }[] {
  const count = users.length / MEMBERS_PER_CONVERSATION
  return Array.from({ length: CONVERSATIONS_PER_USER }, (_, layer) =>
    Array.from({ length: count }, (_unused, group) => ({
      conversation: `idle-${layer}-${group}`,
      members: Array.from({ length: MEMBERS_PER_CONVERSATION }, (_none, seat) => {
        // Layer 0 takes neighbours, the others take users that lie apart, shifted by the layer.
        const index =
          layer === 0
            ? group * MEMBERS_PER_CONVERSATION + seat
            : seat * count + ((group + layer * seat) % count)
        return users[index] ?? ''
      }),
    })),
  ).flat()
}

async function quietRss(bed: TestBed, node: BenchNode, sessions: number): Promise<number> {
  await sleep(bed.smoke ? 500 : QUIET_MS)
  const readings: number[] = []
  for (let reading = 0; reading < RSS_READINGS; reading++) {
    readings.push((await node.usage()).rssBytes)
    await sleep(bed.smoke ? 10 : 1_000)
  }
  bed.say(`${sessions} sessions: ${Math.round(median(readings) / 2 ** 20)} MiB`)
  return median(readings)
}
