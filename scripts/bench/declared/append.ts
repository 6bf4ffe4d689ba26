import type { Bench } from '../bench.ts'
import { adverts, anAdvert, declarationOf, fillWithAdverts } from './adverts.ts'
import {
  measurePairs,
  runBareTable,
  storeWaiting,
  toFigures,
  withDeclarations,
} from './declared-run.ts'
import { until, workerName } from '../worker-run.ts'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'

const topic = 'adverts'
const leastRatio = 0.85

export const declaredAppend: Bench = {
  name: 'declared-append',
  description: 'rate of a declared pipeline without a key',
  measure: (context) => {
    const { records, runs, pairs: count = runs, printProgress, signal } = context
    const text = declarationOf({ name: adverts.pipeline, topic, table: '' })
    return withDeclarations({ adverts: text }, async (folder) => {
      await using platform = await context.open(`worker.folder=${folder}`)
      printProgress(`filling the topic with ${records} records`)
      const advertOf = (index: number): string => anAdvert(index, index)
      await fillWithAdverts(platform, { topic, count: records, advertOf }, signal)
      await createTable(platform, signal)
      const pairs = await measurePairs(context, count, {
        bare: async () => {
          await emptyTable(platform)
          const run = { topic, records, batchRecords: null, isUpsert: false }
          return runBareTable(platform, run, signal)
        },
        declared: async () => {
          await emptyTable(platform)
          return storeWaiting(platform, records, signal)
        },
      })
      return toFigures('declared-append', leastRatio, pairs)
    })
  },
}

/** The worker creates the table. */
export async function createTable(platform: BenchPlatform, signal: AbortSignal): Promise<void> {
  await platform.startServices(workerName)
  const isThere = async (): Promise<boolean> => {
    // The first check of the account also takes place now, and not while something is measured.
    const statement = 'SELECT FROM account_check WHERE pipeline = $1'
    const { rowCount } = await platform.pool.query(statement, [adverts.pipeline])
    return rowCount === 1
  }
  await until(isThere, signal)
  await platform.stopServices(workerName)
}

/** Removes the rows and the ledgers, so that all records of the topic wait again. */
async function emptyTable({ pool }: BenchPlatform): Promise<void> {
  await pool.query(`TRUNCATE ${adverts.relation}, partition_ledger, offset_span, dead_letter`)
  await checkpoint(pool)
}
