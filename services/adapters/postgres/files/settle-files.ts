import type pg from 'pg'
import type { SettledTask } from '../../../ledger/tasks/settlement.ts'
import type { ClaimedTask } from '../../../ledger/tasks/task.ts'
import { inTransaction, longTransaction } from '../driver/connection.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'
import { storeLogs } from '../tasks/claim-store.ts'
import { endTasks, lockTasks, stateBefore } from '../tasks/settling/fence.ts'
import { untilCanceled } from '../windows/step-settlement.ts'

/** A file whose lines were written. */
export type WrittenFile = {
  readonly task: Pick<ClaimedTask, 'id' | 'attempt'>
  /** The id of the file. */
  readonly file: number
  readonly size: number
  readonly sha256: Buffer
  readonly lines: number
  readonly rejected: number
  /** Rows that were added or changed. */
  readonly stored: number
  readonly logLines: readonly string[]
}

export type SettleOrder = {
  readonly pipeline: string
  readonly tasks: readonly ClaimedTask[]
  /** The id of the worker. */
  readonly worker: number
  /** Whether content that was loaded before is not loaded again. */
  readonly skipsRepeated: boolean
  readonly cancel: AbortSignal
  readonly cancelPool: pg.Pool
  /** Writes the lines of those of the tasks that the worker still has. */
  readonly work: (
    client: pg.PoolClient,
    tasks: readonly ClaimedTask[],
  ) => Promise<readonly WrittenFile[]>
}

/** The content of one of the files was loaded meanwhile. */
class RepeatedContentError extends Error {}

/** Small files take less. */
const timeoutMs = 60_000

/**
 * Writes several files and settles their tasks in one transaction.
 *
 * @returns the tasks that were settled
 * @throws an error after which nothing of any file is stored
 */
export function settleFiles(pool: pg.Pool, order: SettleOrder): Promise<SettledTask[]> {
  const { tasks, worker, cancel, cancelPool } = order
  const write = async (client: pg.PoolClient): Promise<SettledTask[]> => {
    const locked = await lockTasks(client, worker, tasks)
    const held = tasks.filter(({ id }) => stateBefore(locked.get(id)) === undefined)
    const written = await order.work(client, held)
    cancel.throwIfAborted()
    if (written.length === 0) return []
    if (order.skipsRepeated) await requireNew(client, order.pipeline, written)
    await recordLoaded(client, written)
    return endTasks(
      client,
      worker,
      written.map(({ task: { id, attempt }, stored: rows }) => ({
        ...{ id, attempt, worker, rows, delayMs: 0 },
        ...{ state: 'complete', fault: undefined, isCounted: true },
      })),
    )
  }
  return inTransaction(
    pool,
    (client) => untilCanceled({ cancelPool, client, cancel }, () => write(client)),
    { timeoutMs, settings: longTransaction },
  )
}

async function requireNew(
  client: pg.PoolClient,
  pipeline: string,
  written: readonly WrittenFile[],
): Promise<void> {
  await client.query(sqlStatement('lock-contents'), [pipeline, written.map(({ sha256 }) => sha256)])
  const repeated = await findRepeated(client, pipeline, written)
  if (repeated.size > 0)
    throw new RepeatedContentError('The content of a file was loaded meanwhile.')
}

/** The ids of the files whose content another file of the pipeline had when it was loaded. */
export async function findRepeated(
  client: pg.Pool | pg.PoolClient,
  pipeline: string,
  files: readonly Pick<WrittenFile, 'file' | 'size' | 'sha256'>[],
): Promise<ReadonlySet<number>> {
  const { rows } = await client.query<{ file: number }>(sqlStatement('find-contents'), [
    pipeline,
    files.map(({ file }) => file),
    files.map(({ size }) => size),
    files.map(({ sha256 }) => sha256),
  ])
  return new Set(rows.map(({ file }) => file))
}

async function recordLoaded(client: pg.PoolClient, written: readonly WrittenFile[]): Promise<void> {
  const recorded = await client.query(sqlStatement('record-loaded-files'), [
    written.map(({ file }) => file),
    written.map(({ sha256 }) => sha256),
    written.map(({ lines }) => lines),
    written.map(({ rejected }) => rejected),
  ])
  requireRows(recorded, written.length, 'file')
  const withLog = written.filter(({ logLines }) => logLines.length > 0)
  await storeLogs(
    client,
    withLog.map(({ task: { id }, logLines }) => ({ id, logLines })),
  )
}
