import { unreachable } from '@skein/core'
import { answerParent } from '../../processes/answer-parent.ts'
import type { Flood, Newcomers, TalkAnswer, TalkCommand } from './talk-commands.ts'
import type { Talkers } from './talkers.ts'

/** Clients of one process: how they come, and what is kept of them. */
export interface HostedTalk<Outcome> {
  readonly talkers: Talkers
  /** Resolves when everybody is online and knows all conversations. */
  open(): Promise<void>
  flood?(flood: Flood): void
  join?(newcomers: Newcomers): Promise<number>
  finish(): Outcome | Promise<Outcome>
}

/** The whole program of a client process: SDK clients, driven by commands from its parent. */
export function serveTalk(create: (plan: never) => HostedTalk<unknown>): void {
  let talk: HostedTalk<unknown> | undefined
  answerParent((command: TalkCommand<never>) => {
    if (command.do !== 'open') return execute(talk, command)
    talk = create(command.plan)
    return open(talk)
  })
}

async function open(talk: HostedTalk<unknown>): Promise<TalkAnswer<unknown>> {
  const beforeBytes = process.memoryUsage.rss()
  await talk.open()
  const grownBytes = process.memoryUsage.rss() - beforeBytes
  return { done: 'open', rssBytesPerClient: grownBytes / talk.talkers.count }
}

async function execute(
  talk: HostedTalk<unknown> | undefined,
  command: Exclude<TalkCommand<never>, { do: 'open' }>,
): Promise<TalkAnswer<unknown>> {
  if (talk === undefined) throw new Error(`nobody is there yet: 'open' comes before '${command.do}'`)
  const { talkers } = talk
  switch (command.do) {
    case 'talk':
      talkers.begin()
      return { done: 'talk' }
    case 'hush':
      await talkers.hush()
      return { done: 'hush' }
    case 'settle':
      return { done: 'settle', ...(await talkers.settle(command.withinMs)) }
    case 'where':
      return { done: 'where', ...talkers.where() }
    case 'flood':
      if (talk.flood === undefined) throw new Error('these clients do not know how to flood')
      talk.flood(command.flood)
      return { done: 'flood' }
    case 'join':
      if (talk.join === undefined) throw new Error('nobody can join these clients')
      return { done: 'join', online: await talk.join(command.newcomers) }
    case 'finish':
      return { done: 'finish', outcome: await talk.finish() }
    default:
      return unreachable(command)
  }
}
