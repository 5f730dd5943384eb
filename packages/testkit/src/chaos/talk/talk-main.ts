import { unreachable } from '@skein/core'
import { Talk } from './talk.ts'
import type { TalkAnswer, TalkCommand } from './talk-plan.ts'

/** Entry of a talk process: SDK clients, driven by commands from its parent. */

let talk: Talk | undefined

function current(): Talk {
  if (talk === undefined) throw new Error('nothing is open yet')
  return talk
}

async function execute(command: TalkCommand): Promise<TalkAnswer> {
  switch (command.do) {
    case 'open':
      talk = new Talk(command.plan)
      await talk.open()
      return { done: 'open' }
    case 'talk':
      current().begin()
      return { done: 'talk' }
    case 'hush':
      await current().hush()
      return { done: 'hush' }
    case 'settle':
      return { done: 'settle', ...(await current().settle(command.withinMs)) }
    case 'where':
      return { done: 'where', nodes: current().where() }
    case 'flood':
      current().flood(command.flood)
      return { done: 'flood' }
    case 'finish':
      return { done: 'finish', outcome: await current().finish() }
    default:
      return unreachable(command)
  }
}

process.on('message', (command: TalkCommand) => {
  execute(command)
    .catch((error: unknown): TalkAnswer => ({
      done: 'error',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }))
    .then(
      (answer) => process.send?.(answer),
      () => process.exit(1),
    )
})
process.on('disconnect', () => process.exit(0))
