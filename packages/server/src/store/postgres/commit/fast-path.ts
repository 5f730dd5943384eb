import type pg from 'pg'
import { fastOutcomes, fastParameters, type FastAnswer, type FastPlan } from './fast-plan.ts'
import type { CommitOutcome } from '../../store.ts'

const COMMIT = {
  name: 'skein-commit-messages',
  text: `select skein.commit_messages($1::smallint, $2::smallint, $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[],
    $8::integer[], $9::integer[], $10::text[], $11::uuid[], $12::text[]) as answer`,
}

/** Refusals of the usual path: a membership or head that has changed, a clientId that is there already. */
const OBJECTIONS = new Set(['SK001', '23505'])

export const isObjection = (sqlState: string | undefined): boolean =>
  sqlState !== undefined && OBJECTIONS.has(sqlState)

/** Commits the plan in one round trip, which is one transaction. */
export async function commitFast(
  client: pg.ClientBase,
  lane: number,
  origin: { readonly id: number; readonly name: string },
  plan: FastPlan,
): Promise<CommitOutcome[]> {
  const values = [lane, origin.id, ...fastParameters(plan)]
  const { rows } = await client.query<{ answer: FastAnswer }>({ ...COMMIT, values })
  const answer = rows[0]?.answer
  if (answer === undefined) throw new Error('commit_messages answered nothing')
  return fastOutcomes(plan, answer, lane, origin.name)
}
