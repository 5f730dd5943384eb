import { inspectBody, SYSTEM_SENDER, type Body } from '@skein/protocol'
import type { FastifyRequest } from 'fastify'
import type * as z from 'zod'
import type { CommitEntry, CommitOutcome } from '../store/store.ts'
import type { ApiNode } from './deps.ts'
import { ApiProblem } from './problem.ts'
import type { CommittedView } from './schemas.ts'

export interface Command {
  readonly conversation: string
  readonly kind: CommitEntry['kind']
  readonly body: Body
  /** The user in whose name; absent: the system. */
  readonly sender?: string
  readonly authority: CommitEntry['authority']
  readonly clientId?: string
}

type Committed = Extract<CommitOutcome, { status: 'committed' }>

/** Commits what a request asks for. Throws ApiProblem when the log refuses it. */
export async function commit(node: ApiNode, request: FastifyRequest, command: Command): Promise<Committed> {
  const { conversation, kind, authority } = command
  const body = JSON.stringify(command.body)
  const outcome = await node.submit({
    app: request.app,
    conversation,
    sender: command.sender ?? SYSTEM_SENDER,
    authority,
    clientId: command.clientId ?? request.commandId,
    kind,
    body,
  })
  if (outcome.status === 'committed') return outcome
  // The system is never short of membership: it is the member whom it names that is missing.
  const code = outcome.code === 'notMember' && authority === 'system' ? 'memberUnknown' : outcome.code
  throw new ApiProblem(code, outcome.message)
}

export function committedView({ record, duplicate }: Committed): z.infer<typeof CommittedView> {
  const { clientId, origin, seq, hlc, at } = record.event
  return { conversation: record.conversation, clientId, origin, seq, hlc, at, duplicate }
}

/** A body that the log can hold. Throws ApiProblem with the fault. */
export function checkedBody(value: Record<string, unknown>): Body {
  if (!isBody(value)) throw new ApiProblem('malformed', 'A body is a JSON object.', { field: 'body/body' })
  const fault = inspectBody(value, true)
  if (fault !== undefined) throw new ApiProblem(fault.code, fault.message, { field: 'body/body' })
  return value
}

/** What was parsed from JSON holds only JSON. */
const isBody = (value: Record<string, unknown>): value is Body =>
  Object.values(value).every((inner) => inner !== undefined)
