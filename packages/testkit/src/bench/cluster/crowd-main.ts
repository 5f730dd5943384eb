import { unreachable } from '@skein/core'
import { Crowd } from './crowd.ts'
import type { CrowdAnswer, CrowdCommand } from './crowd-plan.ts'

/** Entry of a crowd process: SDK clients, driven by commands from its parent. */

let crowd: Crowd | undefined

function current(): Crowd {
  if (crowd === undefined) throw new Error('nobody is there yet')
  return crowd
}

async function execute(command: CrowdCommand): Promise<CrowdAnswer> {
  switch (command.do) {
    case 'open':
      crowd = new Crowd(command.plan)
      return { done: 'open', rssBytesPerClient: await crowd.open() }
    case 'talk':
      current().begin()
      return { done: 'talk' }
    case 'hush':
      await current().hush()
      return { done: 'hush' }
    case 'settle':
      return { done: 'settle', ...(await current().settle(command.withinMs)) }
    case 'where':
      return { done: 'where', ...current().where() }
    case 'finish':
      return { done: 'finish', outcome: current().finish() }
    default:
      return unreachable(command)
  }
}

process.on('message', (command: CrowdCommand) => {
  execute(command)
    .catch((error: unknown): CrowdAnswer => ({
      done: 'error',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }))
    .then(
      (answer) => process.send?.(answer),
      () => process.exit(1),
    )
})
process.on('disconnect', () => process.exit(0))
