import { areLedgersBalanced } from '../ledgers.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement } from '../workload.ts'
import type { Account, Comparison, FoundRow, LineAccount } from './account.ts'

/** Compares the clients' account with the rows, and checks that the platform's ledgers balance. */
export async function judgeReadings(
  platform: WorkloadPlatform,
  account: Account,
): Promise<Judgement> {
  const { acknowledged, refused, lines } = account
  const sum = { stored: 0, lost: 0, duplicates: 0 }
  const ledgerBalanced = await areLedgersBalanced(platform)
  for (const line of lines) {
    const { stored, lost, duplicates } = await compareLine(platform, line)
    sum.stored += stored
    sum.lost += lost
    sum.duplicates += duplicates
  }
  const { stored, lost, duplicates } = sum
  return { acknowledged, stored, lost, duplicateRows: duplicates, refused, ledgerBalanced }
}

/** One line at a time, so that the rows of a long run are never in memory together. */
async function compareLine(
  { pool, config }: WorkloadPlatform,
  line: LineAccount,
): Promise<Comparison> {
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
