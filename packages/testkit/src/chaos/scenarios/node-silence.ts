import type { BedNode } from '../../cluster-bed/bed-node.ts'
import { gapsWithin, resumesWithin } from '../expectations.ts'
import type { Scenario } from '../scenario.ts'

const SILENCE_MS = 10_000
const READY_AGAIN_MS = 8_000
/** Detection with a send pending, and a second to be served elsewhere. */
const PENDING_MS = 4_000
/** By this time nearly everybody had something to send. */
const MOST_SPEAK_MS = 5_000

interface Silence {
  readonly name: string
  readonly about: string
  readonly begins: (node: string) => string
  readonly ends: (node: string) => string
  readonly begin: (node: BedNode) => void
  readonly end: (node: BedNode) => void
}

/** A node falls silent: its sessions find out by themselves. Everybody speaks about once a second. */
const nodeSilence = ({ name, about, begins, ends, begin, end }: Silence): Scenario => ({
  name,
  about,
  talk: { perSecond: 60 },
  expect: [gapsWithin(1_000), resumesWithin(PENDING_MS + MOST_SPEAK_MS)],
  async play(stage) {
    await stage.pass(2_500)
    const node = stage.anyNode()
    stage.fault(begins(node.name), node.name)
    begin(node)
    await stage.pass(SILENCE_MS)
    stage.say(ends(node.name))
    end(node)
    await stage.untilReady(node, READY_AGAIN_MS)
    await stage.pass(3_000)
  },
})

export const nodePause = nodeSilence({
  name: 'node-pause',
  about: `a node stands still for ${SILENCE_MS / 1_000} s (SIGSTOP) and goes on`,
  begins: (node) => `SIGSTOP ${node}`,
  ends: (node) => `SIGCONT ${node}`,
  begin: (node) => node.pause(),
  end: (node) => node.resume(),
})

export const nodeBlackhole = nodeSilence({
  name: 'node-blackhole',
  about: `a node's network swallows everything for ${SILENCE_MS / 1_000} s`,
  begins: (node) => `${node} is cut off`,
  ends: (node) => `${node} is back on the network`,
  begin: (node) => node.blackHole(),
  end: (node) => node.heal(),
})
