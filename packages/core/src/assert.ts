/** A broken assumption of ours (never bad input): always a bug, so it carries no advice. */
export class AssertionError extends Error {
  override name = 'AssertionError'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Ends an exhaustive `switch`: the compiler refuses it while a variant is unhandled. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
