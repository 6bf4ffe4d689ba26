import type pg from 'pg'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { TaskReader } from '../../../services/adapters/postgres/tasks/task-reader.ts'
import type { LedgerOfPartition } from '../../../services/ledger/account.ts'
import { imbalanceOf } from '../../../services/ledger/ledger.ts'
import type { TaskAccount } from '../../../services/ledger/tasks/task-account.ts'
import { missingTasks } from '../../../services/ledger/tasks/task-account.ts'
import type { Progress } from '../workload.ts'
import { direct, forwarded, pipelines, stored, tested, topic } from './pipelines.ts'

/** How far the messages have become tasks, and the tasks have ended. */

/**
 * The lanes are those of the topic for each pipeline, the tasks of each pipeline, and the messages between
 * `verify_forwarded` and `verify_stored`.
 *
 * @param ends the high watermark of each partition, read before
 * @throws Error if a pipeline has no ledgers yet
 */
export async function readProgress(
  pool: pg.Pool,
  ends: readonly number[],
): Promise<Pick<Progress, 'ends' | 'settled'>> {
  const settled: number[] = []
  for (const pipeline of tested) {
    const ledgers = await ledgersOf(pool, pipeline)
    if (ledgers.length < ends.length) throw new Error(`${pipeline} has no ledgers`)
    settled.push(...ledgers.map(({ nextOffset }) => nextOffset))
  }
  const lanes = taskLanes(await readAccounts(pool))
  return {
    ends: [...tested.flatMap(() => ends), ...lanes.map(({ end }) => end)],
    settled: [...settled, ...lanes.map((lane) => lane.settled)],
  }
}

type Lane = { readonly end: number; readonly settled: number }

/** @param accounts one snapshot of all pipelines */
function taskLanes(accounts: ReadonlyMap<string, TaskAccount>): Lane[] {
  const laneOf = (name: string): Lane => {
    const account = accounts.get(name)
    return { end: account?.made ?? 0, settled: endedOf(account) }
  }
  // Each complete task has written one message.
  const end = accounts.get(forwarded)?.complete ?? 0
  const between = { end, settled: Math.min(end, accounts.get(stored)?.made ?? 0) }
  return [laneOf(direct), laneOf(forwarded), between, laneOf(stored)]
}

const endedOf = (account: TaskAccount | undefined): number =>
  account === undefined ? 0 : account.complete + account.failed + account.canceled + account.retired

async function readAccounts(pool: pg.Pool): Promise<Map<string, TaskAccount>> {
  const accounts = await new TaskReader(pool).accounts()
  return new Map(accounts.map((account) => [account.pipeline, account]))
}

async function ledgersOf(pool: pg.Pool, pipeline: string): Promise<LedgerOfPartition[]> {
  const store = new PostgresLedgerStore(pool, pipeline)
  const log = await store.currentLog(topic)
  const all = await store.ledgers()
  return all
    .filter(({ logId }) => logId === log?.id)
    .sort((one, other) => one.partition - other.partition)
}

/** What is wrong with the accounts of the platform, in sentences. */
export async function accountFaults(pool: pg.Pool): Promise<string[]> {
  const faults: string[] = []
  const accounts = await readAccounts(pool)
  for (const name of pipelines) {
    const account = accounts.get(name)
    const missing = account === undefined ? 0 : missingTasks(account)
    if (missing !== 0) faults.push(`${name}: ${missing} tasks are missing from the account`)
    const ledgers = await new PostgresLedgerStore(pool, name).ledgers()
    for (const ledger of ledgers) {
      if (imbalanceOf(ledger) !== 0)
        faults.push(`${name}: the ledger of partition ${ledger.partition} does not balance`)
    }
  }
  const unfinished = accounts.get(stored)
  if (unfinished !== undefined && unfinished.complete + unfinished.retired !== unfinished.made)
    faults.push(`${stored}: ${unfinished.made - unfinished.complete} tasks are not complete`)
  return faults
}
