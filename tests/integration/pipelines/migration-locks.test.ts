import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import {
  ensureDatabase,
  ensureRoles,
  migrate,
} from '../../../services/adapters/postgres/driver/migrate.ts'
import { readMigrations } from '../../../services/adapters/postgres/sql-file.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** Number of the last migration before pipelines were added. */
const lastMigrationBefore = 12

describe('migration 013-pipelines.sql', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers(), [], { provision: false })
    const { config, folders } = tenant.deployment
    const password = localPassword(folders)
    const { database } = config.postgres
    const maintenance = ownerPool(
      { ...config, postgres: { ...config.postgres, database: 'postgres' } },
      password,
    )
    await ensureDatabase(maintenance, database)
    await maintenance.end()
    pool = ownerPool(config, password)
    await createPreviousVersion()
  })

  afterEach(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  /** Creates a database of the previous version with a ledger, a dead letter and a span of duplicates. */
  async function createPreviousVersion(): Promise<void> {
    const client = await pool.connect()
    await ensureRoles(client, {
      writer: 'writer',
      worker: 'worker',
      operator: 'operator',
      reader: 'reader',
    })
    await client.query(
      `CREATE TABLE schema_migration (number integer PRIMARY KEY, name text NOT NULL,
         readings_table text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    for (const { number, name, text } of readMigrations('diag')) {
      if (number > lastMigrationBefore) continue
      await client.query(text)
      await client.query('INSERT INTO schema_migration VALUES ($1, $2, $3)', [number, name, 'diag'])
    }
    await client.query(`
      INSERT INTO event_log (cluster_id, topic, reason) VALUES ('c', 't', 'the first');
      INSERT INTO partition_ledger (log_id, partition, start_offset, next_offset, stored, duplicate)
        VALUES (1, 0, 0, 5, 3, 2);
      INSERT INTO offset_span VALUES (1, 0, 1, 2, 'duplicate');
      INSERT INTO dead_letter (log_id, partition, record_offset, code, detail, record_headers)
        VALUES (1, 1, 7, 'unreadable-record', 'no JSON', '[]')`)
    client.release()
  }

  async function migrateNow(): Promise<string[]> {
    const client = await pool.connect()
    try {
      return await migrate(client, 'diag', new AbortController().signal)
    } finally {
      client.release()
    }
  }

  /** Runs the same transaction as a consumer of the previous version. */
  async function storeAsPreviousVersion(): Promise<void> {
    await inTransaction(pool, async (client) => {
      await client.query(
        'SELECT next_offset FROM partition_ledger WHERE log_id = 1 AND partition = 0 FOR UPDATE',
      )
      await client.query(
        `INSERT INTO dead_letter (log_id, partition, record_offset, code, detail, record_headers)
         SELECT 1, 0, next_offset, 'expired', 'late', '[]' FROM partition_ledger
         WHERE log_id = 1 AND partition = 0`,
      )
      await client.query(
        `UPDATE partition_ledger
         SET next_offset = next_offset + 1, dead_lettered = dead_lettered + 1
         WHERE log_id = 1 AND partition = 0`,
      )
    })
  }

  it('assigns existing data to the readings pipeline, and accepts writes of the previous version', async () => {
    const applied = await migrateNow()
    expect(applied[0]).to.equal('013-pipelines.sql')
    await storeAsPreviousVersion()
    const ledgers = await tenant.sql('SELECT pipeline, stored, updated FROM partition_ledger')
    expect(ledgers).to.deep.equal([{ pipeline: 'readings', stored: 3, updated: 0 }])
    const letters = await tenant.sql(
      'SELECT pipeline, record_offset, task_id, line FROM dead_letter ORDER BY id',
    )
    expect(letters).to.deep.equal([
      { pipeline: 'readings', record_offset: 7, task_id: null, line: null },
      { pipeline: 'readings', record_offset: 5, task_id: null, line: null },
    ])
    const spans = await tenant.sql('SELECT pipeline, outcome FROM offset_span')
    expect(spans).to.deep.equal([{ pipeline: 'readings', outcome: 'duplicate' }])
  })

  it('allows a dead letter only for a record or for a line of a task', async () => {
    await migrateNow()
    const insert = (columns: string, values: string) =>
      tenant.sql(
        `INSERT INTO dead_letter (code, detail, record_headers, ${columns}) VALUES ('c', 'd', '[]', ${values})`,
      )
    await insert('pipeline, task_id, line', `'files', 5, 0`)
    await insert('pipeline, task_id, line', `'files', 5, 1`)
    await insert('pipeline, log_id, partition, record_offset', `'orders', 1, 1, 7`)
    const refusals = [
      ['task_id', '5'],
      ['line', '1'],
      ['log_id, partition, record_offset, line', '1, 0, 3, 1'],
      ['log_id, partition, record_offset, task_id, line', '1, 0, 3, 5, 1'],
      ['log_id, partition', '1, 0'],
      ['pipeline, task_id, line', `'files', 5, 1`],
      ['pipeline, log_id, partition, record_offset', `'orders', 1, 1, 7`],
    ] as const
    for (const [columns, values] of refusals) {
      const result = await insert(columns, values).then(
        () => 'accepted',
        (error: unknown) => (error as { code: string }).code,
      )
      expect(result, `${columns}: ${values}`).to.be.oneOf(['23514', '23505'])
    }
  })

  it('waits for a long transaction without blocking other queries for long', async () => {
    const holder = await pool.connect()
    await holder.query('BEGIN')
    await holder.query('SELECT FROM partition_ledger FOR UPDATE')
    const migrated = migrateNow()
    const timeRead = async (): Promise<number> => {
      const startedAt = performance.now()
      await tenant.sql('SELECT sum(stored) FROM partition_ledger')
      return performance.now() - startedAt
    }
    // Each attempt of the migration blocks other queries for half a second. A read that it blocked for
    // long would not end before the commit below.
    await until('a read has waited', async () => (await timeRead()) > 200)
    await timeRead()
    const before = await tenant.sql('SELECT max(number) AS number FROM schema_migration')
    await holder.query('COMMIT')
    holder.release()
    expect(before).to.deep.equal([{ number: lastMigrationBefore }])
    expect(await migrated).to.include('013-pipelines.sql')
  })

  it('releases its locks for a transaction that locks the tables in another order', async () => {
    const other = await pool.connect()
    await other.query('BEGIN')
    await other.query(`UPDATE dead_letter SET discarded_at = now()`)
    const migrated = migrateNow()
    const waiting = `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
      WHERE datname = current_database() AND NOT granted`
    await until('the migration waits', async () => (await tenant.sql(waiting)).length > 0)
    // The migration holds partition_ledger or waits for dead_letter: this update could cause a deadlock.
    await other.query('UPDATE partition_ledger SET stored = stored')
    await other.query('COMMIT')
    other.release()
    expect(await migrated).to.include('013-pipelines.sql')
  })
})
