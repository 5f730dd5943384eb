import { FaultInjector } from '../faults/fault-injector.ts'
import type { Story } from './story.ts'

/** Everything at once. */
export const storm: Story = async (world, dice) => {
  const { time, scenario, nodes, database, faults } = world
  const injector = new FaultInjector(dice)
  if (scenario.failover !== undefined) {
    const { atMs, lose } = scenario.failover
    time.after(atMs, () => {
      faults.add('failover')
      // With the primary all nodes' connections die: they begin anew on the standby.
      for (const node of nodes) node.crash(true)
      database.failover(lose).then(
        () => nodes.forEach((node) => node.start()),
        (error: unknown) => time.fail(error),
      )
    })
  }
  await time.sleep(scenario.activeMs)
  injector.stop()
}
