import { createHash, timingSafeEqual } from 'node:crypto'
import { ApiProblem } from './problem.ts'

const digest = (key: string): Buffer => createHash('sha256').update(key).digest()

interface BearerKey {
  readonly key: string
  /** `operator key`, for who sends another one. */
  readonly what: string
}

/** Throws ApiProblem unless the header carries the key. Compares in constant time. */
export function admitBearer({ key, what }: BearerKey, authorization: string | undefined): void {
  const [, given] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? []
  if (given === undefined)
    throw new ApiProblem('unauthenticated', `Send the header "Authorization: Bearer <${what}>".`)
  if (!timingSafeEqual(digest(key), digest(given)))
    throw new ApiProblem('unauthenticated', `This is not the ${what} of the node.`)
}

/** Throws ApiProblem unless the header carries the operator's key. */
export function admitOperator(key: string | undefined, authorization: string | undefined): void {
  if (key === undefined)
    throw new ApiProblem(
      'unauthenticated',
      'This node has no operator key: set SKEIN_OPERATOR_KEY on all nodes.',
    )
  admitBearer({ key, what: 'operator key' }, authorization)
}
