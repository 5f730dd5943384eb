/** What the exit code of `skein` means; from sysexits.h where it has a name there. */
export const EXIT = {
  ok: 0,
  /** A promise was violated, a check failed, or something unexpected happened. */
  failed: 1,
  /** Unknown command, flag or argument. */
  usage: 2,
  /** Something that is needed is away or taken: database, node, port. (EX_UNAVAILABLE) */
  unavailable: 69,
  /** Data cannot be written: full disk, no permission, data in use. (EX_CANTCREAT) */
  cannotCreate: 73,
  /** Configuration, schema or data directory do not fit; somebody has to change something. (EX_CONFIG) */
  config: 78,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
