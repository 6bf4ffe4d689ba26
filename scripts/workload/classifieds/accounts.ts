import type pg from 'pg'
import { countRows } from '../../../services/adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import type { LedgerOfPartition } from '../../../services/ledger/account.ts'
import type { LedgerEntry } from '../../../services/ledger/ledger.ts'
import {
  addEntries,
  emptyEntry,
  imbalanceOf,
  rowImbalanceOf,
} from '../../../services/ledger/ledger.ts'
import type { TestedPipeline } from './pipelines.ts'
import { topic } from './pipelines.ts'

/** The ledgers of a pipeline in the current log of the topic; the index is the partition. */
export type PipelineLedgers = {
  readonly logId: number
  readonly ledgers: readonly LedgerOfPartition[]
}

/** @returns undefined if the pipeline has no ledger for one of the partitions yet */
export async function readLedgers(
  pool: pg.Pool,
  { name }: TestedPipeline,
  partitions: number,
): Promise<PipelineLedgers | undefined> {
  const store = new PostgresLedgerStore(pool, name)
  const log = await store.currentLog(topic)
  const all = await store.ledgers()
  const ledgers = all.filter(({ logId }) => logId === log?.id)
  if (log === undefined || ledgers.length < partitions) return undefined
  return { logId: log.id, ledgers }
}

/** What the ledgers have counted between two moments. */
function countedSince(begin: PipelineLedgers, end: PipelineLedgers): LedgerEntry {
  return addAll(end.ledgers, negative(addAll(begin.ledgers, emptyEntry)))
}

const addAll = (entries: readonly LedgerEntry[], first: LedgerEntry): LedgerEntry =>
  entries.reduce<LedgerEntry>((sum, entry) => addEntries(sum, entry), first)

const negative = ({
  stored,
  updated,
  duplicate,
  deadLettered,
  expired,
  withoutRecord,
}: LedgerEntry) => ({
  ...{ stored: -stored, updated: -updated, duplicate: -duplicate },
  ...{ deadLettered: -deadLettered, expired: -expired, withoutRecord: -withoutRecord },
})

/** What is wrong with the ledgers of a run, in sentences. */
export function ledgerFaults(
  { name }: TestedPipeline,
  ledgers: { readonly begin: PipelineLedgers; readonly end: PipelineLedgers },
  recorded: LedgerEntry,
): string[] {
  const { begin, end } = ledgers
  if (begin.logId !== end.logId) return [`${name}: another log of the topic began during the run`]
  const counted = countedSince(begin, end)
  const faults = end.ledgers
    .filter((ledger) => imbalanceOf(ledger) !== 0)
    .map(({ partition }) => `${name}: the ledger of partition ${partition} does not balance`)
  for (const column of Object.keys(counted) as (keyof LedgerEntry)[]) {
    if (counted[column] === recorded[column]) continue
    faults.push(
      `${name}: the ledgers have counted ${counted[column]} as ${column}, but ${recorded[column]} are`,
    )
  }
  return faults
}

/** Whether the rows of the table agree with the ledgers of all runs. */
export async function rowFaults(pool: pg.Pool, { name }: TestedPipeline): Promise<string[]> {
  const rows = await countRows(pool, { pipeline: name, relation: `data."${name}"` })
  const imbalance = rowImbalanceOf(rows)
  return imbalance === 0 ? [] : [`${name}: the table has ${imbalance} more rows than its ledgers`]
}
