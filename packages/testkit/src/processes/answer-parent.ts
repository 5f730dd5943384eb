/** What a command came to that broke. */
export interface Failed {
  readonly done: 'error'
  readonly message: string
}

/**
 * The other end of `Child`: answers what the parent asks, and ends when that is gone. What commands there
 * are is for the two ends to agree on.
 */
export function answerParent(
  execute: (command: never) => Promise<{ readonly done: string }>,
  cleanUp: () => Promise<void> = () => Promise.resolve(),
): void {
  process.on('message', (command) => {
    execute(command as never)
      .catch(failed)
      .then(
        (answer) => process.send?.(answer),
        () => process.exit(1),
      )
  })
  process.on('disconnect', () => {
    cleanUp().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}

const failed = (error: unknown): Failed => ({
  done: 'error',
  message: error instanceof Error ? (error.stack ?? error.message) : String(error),
})
