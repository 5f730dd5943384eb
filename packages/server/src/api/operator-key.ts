import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiProblem } from './problem.ts'

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Throws ApiProblem unless the header carries the operator's key. Compares in constant time. */
export function admitOperator(key: string | undefined, authorization: string | undefined): void {
  if (key === undefined)
    throw new ApiProblem(
      'unauthenticated',
      'This node has no operator key: set SKEIN_OPERATOR_KEY on all nodes.',
    )
  const [, given] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? []
  if (given === undefined)
    throw new ApiProblem('unauthenticated', 'Send the header "Authorization: Bearer <operator key>".')
  if (!timingSafeEqual(digest(key), digest(given)))
    throw new ApiProblem('unauthenticated', 'This is not the operator key of the node.')
}
