import type pg from 'pg'
import type { SettledTask } from '../../../../ledger/tasks/settlement.ts'
import type { ClaimedTask, TaskState } from '../../../../ledger/tasks/task.ts'
import { sqlStatement } from '../../sql-file.ts'
import type { EndOfAttempt } from './end-attempts.ts'
import { completeAttempts, endAttempts } from './end-attempts.ts'

/** The first and the last statements of a transaction that settles attempts. */

/** Some of the tasks changed during the transaction, which is rolled back. */
export class TasksMovedError extends Error {}

/** A task that the worker does not hold, or whose attempt is not the first one that counts. */
export type LockedTask = {
  readonly id: number
  /** Null if the task was deleted. */
  readonly is_mine: boolean | null
  readonly state: TaskState
  readonly counted: number
}

/**
 * Shows other workers that the tasks are being settled. Leases can still be renewed.
 *
 * @returns by id, only the tasks that the worker does not hold, or whose attempt is not the first one that counts
 */
export async function lockTasks(
  client: pg.PoolClient,
  worker: number,
  tasks: readonly Pick<ClaimedTask, 'id' | 'attempt'>[],
): Promise<ReadonlyMap<number, LockedTask>> {
  const sorted = [...tasks].sort((left, right) => left.id - right.id)
  const { rows } = await client.query<LockedTask>({
    ...{ name: 'lock-settlements', text: sqlStatement('lock-settlements') },
    values: [worker, sorted.map(({ id }) => id), sorted.map(({ attempt }) => attempt)],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** Adds to the counts of the worker. */
async function countAttempts(
  client: pg.PoolClient,
  worker: number,
  { processed, complete }: { readonly processed: number; readonly complete: number },
): Promise<void> {
  await client.query({
    ...{ name: 'count-attempts', text: sqlStatement('count-attempts') },
    values: [worker, processed, complete],
  })
}

/** The state of a task that this attempt cannot settle any more; undefined if the worker holds the task. */
export function stateBefore(found: LockedTask | undefined): SettledTask['state'] | undefined {
  if (found === undefined) return undefined
  if (found.is_mine !== true) return 'stale'
  return found.state === 'running' ? undefined : found.state
}

/**
 * The fence: it comes last, so that what was written before is rolled back if a task is not held.
 *
 * @throws TasksMovedError
 */
export async function endTasks(
  client: pg.PoolClient,
  worker: number,
  ends: readonly EndOfAttempt[],
): Promise<SettledTask[]> {
  const [complete, others] = [ends.filter(isComplete), ends.filter((end) => !isComplete(end))]
  const completed = complete.length > 0 ? await completeAttempts(client, worker, complete) : 0
  const states =
    others.length > 0 ? await endAttempts(client, others) : new Map<number, TaskState>()
  if (completed + states.size < ends.length)
    throw new TasksMovedError('Some of the tasks changed meanwhile.')
  const processed = ends.filter(({ isCounted }) => isCounted).length
  if (processed > 0) await countAttempts(client, worker, { processed, complete: complete.length })
  if (processed < ends.length) await client.query(sqlStatement('notify-queued'))
  return ends.map(({ id, state, fault }) => ({ id, state: states.get(id) ?? state, fault }))
}

const isComplete = ({ state }: EndOfAttempt): boolean => state === 'complete'

export const toSettled = (id: number, state: SettledTask['state']): SettledTask => {
  return { id, state, fault: undefined }
}
