import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { readOrder } from './read-order.ts'

// The limit line of `tasks`: a loop over the same table with the same batch size. It claims tasks with
// SKIP LOCKED in one statement. In a second transaction it stores their rows and completes them. It has no
// handler processes, leases, retries, log lines or checks of results.

export type BareTasksOrder = {
  readonly postgres: PostgresSettings
  readonly pipeline: string
  /** The table for the rows, in the schema data. */
  readonly table: string
  /** Tasks that are claimed at once. */
  readonly batch: number
}

/** The printed result. The time begins after the first batch. */
export type BareTasksRun = {
  readonly tasks: number
  readonly seconds: number
  readonly cpuSeconds: number
}

const { postgres, pipeline, table, batch } = readOrder() as BareTasksOrder
const relation = `data.${pg.escapeIdentifier(table)}`

const claim = `
  UPDATE task SET state = 'running', worker = 0, attempt = attempt + 1,
    started_at = clock_timestamp(), lease_until = clock_timestamp() + interval '10 s'
  WHERE id = ANY (ARRAY(
    SELECT id FROM task WHERE pipeline = $1 AND state = 'queued' AND run_after <= now()
    ORDER BY run_after, id LIMIT $2 FOR UPDATE SKIP LOCKED
  ))
  RETURNING id, params`
const store = `INSERT INTO ${relation} (number) SELECT * FROM unnest($1::bigint[])`
const complete = `
  UPDATE task SET state = 'complete', lease_until = NULL, rows = 1, ended_at = clock_timestamp()
  WHERE id = ANY ($1::bigint[])`

const client = new pg.Client(connectionOf(postgres))
await client.connect()

async function runBatch(): Promise<number> {
  const claimed = await client.query<{ id: string; params: string }>({
    ...{ name: 'claim', text: claim },
    values: [pipeline, batch],
  })
  if (claimed.rows.length === 0) return 0
  const numbers = claimed.rows.map(
    ({ params }) => (JSON.parse(params) as { number: number }).number,
  )
  await client.query('BEGIN')
  await client.query({ name: 'store', text: store, values: [numbers] })
  const ids = claimed.rows.map(({ id }) => id)
  await client.query({ name: 'complete', text: complete, values: [ids] })
  await client.query('COMMIT')
  return numbers.length
}

await runBatch()
const since = performance.now()
const cpuBefore = process.cpuUsage()
let tasks = 0
for (let done = await runBatch(); done > 0; done = await runBatch()) tasks += done
const seconds = (performance.now() - since) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
const run: BareTasksRun = { tasks, seconds, cpuSeconds: (user + system) / 1e6 }
process.stdout.write(JSON.stringify(run))
await client.end()
