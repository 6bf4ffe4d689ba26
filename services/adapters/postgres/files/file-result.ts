import type pg from 'pg'
import type { TaskRules } from '../../../ledger/tasks/settlement.ts'
import type { ClaimedTask, TaskFault, TaskResult } from '../../../ledger/tasks/task.ts'
import { insertOutbox } from '../tasks/outbox-store.ts'
import { prepareSettlement } from '../tasks/settling/prepare-settlement.ts'
import { TargetTables } from '../tasks/settling/target-tables.ts'
import { writeEffects } from '../tasks/settling/write-effects.ts'

/** Writes the rows and messages of a result in the transaction of the client. @returns how many rows */
export type FileResult = (client: pg.PoolClient) => Promise<number>

/**
 * Finds out what a handler has returned for a file, and creates missing tables.
 *
 * @param result must not be disposed before it is written
 * @returns what is wrong with the result, otherwise the work for the transaction that settles the task
 * @throws UnreadableResult, also from the work
 */
export async function toFileResult(
  pool: pg.Pool,
  { task, rules }: { readonly task: ClaimedTask; readonly rules: TaskRules },
  result: TaskResult,
): Promise<FileResult | TaskFault> {
  const outcome = { kind: 'complete', result } as const
  const prepared = await prepareSettlement({ task, outcome, rules }, new TargetTables(pool))
  if (prepared.outcome.kind === 'failed') return prepared.outcome.fault
  const { messages, rows } = prepared.effects
  return async (client) => {
    await writeEffects(client, [prepared])
    await insertOutbox(client, messages)
    return rows ?? 0
  }
}
