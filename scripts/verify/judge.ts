import { accountedReadings, countRows } from '../../services/adapters/postgres/account-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger-store.ts'
import { imbalanceOf, rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import type { Account, Comparison, FoundRow, LineAccount } from './account.ts'
import type { Stack } from './stack.ts'

export type Judgement = {
  readonly acknowledged: number
  readonly stored: number
  readonly lost: number
  readonly duplicateRows: number
  readonly refused: number
  readonly ledgerBalanced: boolean
}

/** Holds the clients' account against the rows, and the platform's own ledger against both. */
export async function judge(stack: Stack, account: Account): Promise<Judgement> {
  const { acknowledged, refused, lines } = account
  const [sum, ledgerBalanced] = [{ stored: 0, lost: 0, double: 0 }, await isBalanced(stack)]
  for (const line of lines) {
    const { stored, lost, double } = await compareLine(stack, line)
    sum.stored += stored
    sum.lost += lost
    sum.double += double
  }
  const { stored, lost, double } = sum
  return { acknowledged, stored, lost, duplicateRows: double, refused, ledgerBalanced }
}

/** A line at a time, so that the rows of a long run never are in memory together. */
async function compareLine({ pool, config }: Stack, line: LineAccount): Promise<Comparison> {
  const { rows } = await pool.query<[string, string, number, number]>({
    rowMode: 'array',
    text: `SELECT vin, extract(epoch FROM recorded_at) * 1000, sequence, speed
           FROM "${config.postgres.table}" WHERE vin = ANY ($1)`,
    values: [line.vins],
  })
  return line.compare(
    rows.map(([vin, at, sequence, speed]): FoundRow => [vin, Number(at), sequence, speed]),
  )
}

async function isBalanced({ pool, config }: Stack): Promise<boolean> {
  const { table } = config.postgres
  const ledgers = await new PostgresLedgerStore(pool, readingsPipeline).ledgers()
  const rows = await countRows(pool, accountedReadings(table))
  return ledgers.every((ledger) => imbalanceOf(ledger) === 0) && rowImbalanceOf(rows) === 0
}
