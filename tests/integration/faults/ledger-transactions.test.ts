import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool, ownerSettings } from '../../../scripts/platform/database.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { LedgerLock } from '../../../services/adapters/postgres/ledger/ledger-lock.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { LedgeredStore } from '../../../services/adapters/postgres/ledger/ledgered-store.ts'
import { ReadingSink } from '../../../services/adapters/postgres/readings/reading-sink.ts'
import type { DecodedBatch } from '../../../services/ledger/batch.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { aBatch, anEntry } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { TurnProxy } from '../../support/turn-proxy.ts'

const logger = createLogger('test', 'silent')

describe('The transaction that stores a batch', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let proxy: TurnProxy
  /** Its connections go through the proxy. */
  let pool: pg.Pool
  let direct: pg.Pool
  let store: LedgeredStore<ReceivedReading>
  let logId: number

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    const { config, folders } = tenant.deployment
    const settings = ownerSettings(config, localPassword(folders))
    proxy = await TurnProxy.open(settings)
    pool = createPool(
      { ...settings, ...proxy.address },
      { applicationName: 'test', maxConnections: 1, logger },
    )
    direct = ownerPool(config, localPassword(folders))
    const lock = new LedgerLock(pool, {
      pipeline: readingsPipeline,
      logger,
      staleAfterSeconds: 10,
    })
    const sink = new ReadingSink(pool, config.postgres.table)
    store = new LedgeredStore({ pipeline: readingsPipeline, sink, lock })
    const ledgers = new PostgresLedgerStore(direct, readingsPipeline)
    logId = (await ledgers.currentLog(config.kafka.topic))?.id ?? NaN
    for (const partition of [0, 1]) await ledgers.ledgerOf(logId, partition, 0)
    // Creates the day and the prepared statements.
    expect((await store.write(batchOf(0), 'direct')).kind).to.equal('written')
    proxy.takeTurns()
  })

  afterEach(async () => {
    await pool.end()
    await direct.end()
    await proxy[Symbol.asyncDispose]()
    await tenant[Symbol.asyncDispose]()
  })

  /** A reading of partition 0. */
  const batchOf = (offset: number): DecodedBatch<ReceivedReading> =>
    aBatch([anEntry(offset, { vin: 'TURNS', sequence: offset })], { logId, partition: 0 })

  const write = async (offset: number): Promise<string> =>
    store.write(batchOf(offset), 'direct').then(
      ({ kind }) => kind,
      (error: unknown) => (error as Error).message,
    )

  /** The sequence numbers of the rows, and the next offset of partition 0. */
  const stored = async (): Promise<{ rows: number[]; nextOffset: number | undefined }> => {
    const rows = await tenant.sql<{ sequence: number }>('SELECT sequence FROM diag ORDER BY 1')
    const ledgers = await new PostgresLedgerStore(direct, readingsPipeline).ledgers()
    return { rows: rows.map(({ sequence }) => sequence), nextOffset: ledgers[0]?.nextOffset }
  }

  it('takes three round trips: the lock, the rows with the move of the ledger, and the commit', async () => {
    expect(await write(1)).to.equal('written')
    expect(proxy.takeTurns()).to.equal(3)
    expect(await stored()).to.deep.equal({ rows: [0, 1], nextOffset: 2 })
  })

  it('takes three round trips for several partitions', async () => {
    const other = aBatch([anEntry(0, { vin: 'OTHER' })], { logId, partition: 1 })
    expect(await store.writeTogether([batchOf(1), other])).to.have.length(2)
    expect(proxy.takeTurns()).to.equal(3)
  })

  for (const turn of [1, 2, 3])
    it(`stores nothing if its connection breaks before message ${turn}, and everything once when it is repeated`, async () => {
      proxy.cutAt({ turn, when: 'before' })
      expect(await write(1)).to.match(/terminated|ended|closed|ECONNRESET/)
      expect(await stored()).to.deep.equal({ rows: [0], nextOffset: 1 })
      expect(await write(1)).to.equal('written')
      expect(await stored()).to.deep.equal({ rows: [0, 1], nextOffset: 2 })
    })

  it('is not repeated if its connection breaks before the answer to the commit: the ledger has moved', async () => {
    proxy.cutAt({ turn: 3, when: 'after' })
    expect(await write(1)).to.match(/terminated|ended|closed|ECONNRESET/)
    expect(await write(1)).to.equal('ledger-moved')
    expect(await stored()).to.deep.equal({ rows: [0, 1], nextOffset: 2 })
  })

  it('stores nothing if the ledger is at another offset', async () => {
    expect(await write(5)).to.equal('ledger-moved')
    expect(proxy.takeTurns()).to.equal(2)
    expect(await stored()).to.deep.equal({ rows: [0], nextOffset: 1 })
  })

  it('stores nothing if the COPY fails at its start, and the connection can be used again', async () => {
    await direct.query('ALTER TABLE diag RENAME COLUMN speed TO velocity')
    expect(await write(1)).to.contain('column "speed" of relation "diag" does not exist')
    await direct.query('ALTER TABLE diag RENAME COLUMN velocity TO speed')
    expect(await stored()).to.deep.equal({ rows: [0], nextOffset: 1 })
    proxy.takeTurns()
    expect(await write(1)).to.equal('written')
    // No round trips for a new connection.
    expect(proxy.takeTurns()).to.equal(3)
  })

  it('stores nothing if a trigger leaves out the row', async () => {
    await leaveOut('INSERT', 'diag')
    expect(await write(1)).to.equal('rows-missing')
    expect(await stored()).to.deep.equal({ rows: [0], nextOffset: 1 })
  })

  it('stores nothing if a trigger leaves out the move of the ledger', async () => {
    await leaveOut('UPDATE', 'partition_ledger')
    expect(await write(1)).to.contain('wrote 0 of 1 rows of the table partition_ledger')
    expect(await stored()).to.deep.equal({ rows: [0], nextOffset: 1 })
  })

  const leaveOut = async (event: string, table: string): Promise<void> => {
    await direct.query(`CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN RETURN NULL; END'`)
    await direct.query(
      `CREATE TRIGGER leave_out BEFORE ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION leave_out()`,
    )
  }
})
