import type { Stage } from '../stage.ts'

const BACK_MS = 10_000

/** Waits until every node that runs says that its bus is up. */
export async function busesUp(stage: Stage, withinMs = BACK_MS): Promise<void> {
  await stage.until('the bus of every node is up again', withinMs, async () => {
    const answers = await Promise.all(stage.bed.nodes.map((node) => node.cluster()))
    return answers.every((answer) => answer?.bus.state === 'up')
  })
}
