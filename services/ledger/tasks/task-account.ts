/** What became of the tasks of a pipeline. */
export type TaskAccount = {
  readonly pipeline: string
  /** All tasks that were made. */
  readonly made: number
  readonly queued: number
  readonly running: number
  readonly complete: number
  readonly failed: number
  readonly canceled: number
  /** Ended tasks that were deleted because of their age. */
  readonly retired: number
}

/**
 * Tasks that are missing from the account; negative if there are more than were made. It balances with 0:
 * made = queued + running + complete + failed + canceled + retired.
 */
export function missingTasks(account: TaskAccount): number {
  const { made, queued, running, complete, failed, canceled, retired } = account
  return made - queued - running - complete - failed - canceled - retired
}
