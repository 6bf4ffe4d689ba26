import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { LedgerLock } from '../../../services/adapters/postgres/ledger/ledger-lock.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { LedgeredStore } from '../../../services/adapters/postgres/ledger/ledgered-store.ts'
import { ReadingSink } from '../../../services/adapters/postgres/readings/reading-sink.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import type { DecodedBatch } from '../../../services/ledger/batch.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { aBatch, anEntry, noon } from '../../support/builders.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('LedgeredStore.writeTogether', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let pool: pg.Pool
  let ledgers: PostgresLedgerStore
  let store: LedgeredStore<ReceivedReading>
  let logId: number

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers())
    const { config, folders } = tenant.deployment
    pool = ownerPool(config, localPassword(folders))
    const { table } = config.postgres
    ledgers = new PostgresLedgerStore(pool, readingsPipeline)
    store = storeOver(pool, table)
    logId = (await ledgers.currentLog(config.kafka.topic))?.id ?? NaN
    for (const partition of [0, 1, 2]) await ledgers.ledgerOf(logId, partition, 0)
  })

  afterEach(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  function storeOver(over: pg.Pool, table: string): LedgeredStore<ReceivedReading> {
    const pipeline = readingsPipeline
    const logger = createLogger('test', 'silent')
    const lock = new LedgerLock(over, { pipeline, logger, staleAfterSeconds: 10 })
    return new LedgeredStore({ pipeline, sink: new ReadingSink(over, table), lock })
  }

  /** A batch of a partition with two readings of one vehicle, by default at offsets 0 and 1. */
  const batchOf = (
    partition: number,
    overrides: Partial<DecodedBatch<ReceivedReading>> = {},
  ): DecodedBatch<ReceivedReading> => {
    const vin = `SHARED-${partition}`
    const entries = [anEntry(0, { vin }), anEntry(1, { vin })]
    return aBatch(entries, { logId, partition, ...overrides })
  }

  const nextOffsets = async (): Promise<number[]> =>
    (await ledgers.ledgers()).map(({ nextOffset }) => nextOffset)

  const nothingIsWritten = async (): Promise<void> => {
    expect(await nextOffsets()).to.deep.equal([0, 0, 0])
    expect(await tenant.countRows()).to.equal(0)
  }

  it('stores the rows of every batch and moves each ledger separately', async () => {
    const refused = {
      kind: 'refused',
      offset: 0,
      code: 'invalid-vin',
      detail: 'no vin',
      original: { key: null, value: null, headers: [], appendedAt: Date.now() * 1000 },
    } as const
    const entries = await store.writeTogether([
      batchOf(2),
      batchOf(0, { followingOffset: 5 }),
      aBatch([refused, anEntry(1)], { logId, partition: 1 }),
    ])
    expect(entries).to.deep.equal([
      { stored: 2, updated: 0, duplicate: 0, deadLettered: 0, expired: 0, withoutRecord: 0 },
      { stored: 2, updated: 0, duplicate: 0, deadLettered: 0, expired: 0, withoutRecord: 3 },
      { stored: 1, updated: 0, duplicate: 0, deadLettered: 1, expired: 0, withoutRecord: 0 },
    ])
    const after = (await ledgers.ledgers()).map(({ logId: _, startOffset: __, ...rest }) => rest)
    const none = { updated: 0, duplicate: 0, deadLettered: 0, expired: 0, withoutRecord: 0 }
    expect(after).to.deep.equal([
      { ...none, partition: 0, nextOffset: 5, stored: 2, withoutRecord: 3 },
      { ...none, partition: 1, nextOffset: 2, stored: 1, deadLettered: 1 },
      { ...none, partition: 2, nextOffset: 2, stored: 2 },
    ])
    expect(await tenant.countRows()).to.equal(5)
    const letters = await tenant.sql('select partition, record_offset from dead_letter')
    expect(letters).to.deep.equal([{ partition: 1, record_offset: 0 }])
  })

  it('keeps the last record of each partition if a batch has no record or an invalid time', async () => {
    const lastRecords = () =>
      Promise.all(
        [0, 1, 2].map(async (each) => (await ledgers.ledgerOf(logId, each, 0)).lastRecord),
      )
    expect(await lastRecords()).to.deep.equal([undefined, undefined, undefined])
    await store.writeTogether([batchOf(2), batchOf(0, { followingOffset: 5 })])
    const last = { offset: 1, appendedAt: noon }
    expect(await lastRecords()).to.deep.equal([last, undefined, last])
    const entry = anEntry(2, { vin: 'SHARED-2', sequence: 2 })
    const withInvalidTime = {
      ...entry,
      original: { ...entry.original, appendedAt: 2 ** 63 * 1000 },
    }
    const none = { expectedOffset: 5, followingOffset: 6, entries: [] }
    await store.writeTogether([
      batchOf(2, { expectedOffset: 2, followingOffset: 3, entries: [withInvalidTime] }),
      batchOf(0, none),
    ])
    expect(await nextOffsets()).to.deep.equal([6, 0, 3])
    expect(await lastRecords()).to.deep.equal([last, undefined, last])
  })

  it('write stores dead letters of records with an invalid time, without that time', async () => {
    const times = [noon, -1_000, 9_000_000_000_000_000_000, 2 ** 63 * 1000]
    const refused = times.map((appendedAt, offset) => ({
      ...({ kind: 'refused', offset, code: 'invalid-vin', detail: 'no vin' } as const),
      original: { key: null, value: null, headers: [], appendedAt },
    }))
    const written = await store.write(aBatch(refused, { logId, partition: 0 }), 'direct')
    expect(written.kind).to.equal('written')
    const letters = await tenant.sql<{ appended_at: Date | null }>(
      'select appended_at from dead_letter order by record_offset',
    )
    const none = { appended_at: null }
    expect(letters).to.deep.equal([{ appended_at: new Date(noon / 1000) }, none, none, none])
  })

  it('writes no batch if one ledger has moved', async () => {
    const moved = batchOf(1, { expectedOffset: 7, followingOffset: 9 })
    expect(await store.writeTogether([batchOf(0), moved])).to.equal(undefined)
    await nothingIsWritten()
  })

  it('writes no batch if a key exists', async () => {
    const twice = batchOf(1, { entries: batchOf(0).entries })
    expect(await store.writeTogether([batchOf(0), twice])).to.equal(undefined)
    await nothingIsWritten()
  })

  it('writes no batch if the database refuses a value', async () => {
    const bad = aBatch([anEntry(0, { vin: 'half a \0 text' })], { logId, partition: 1 })
    expect(await store.writeTogether([batchOf(0), bad])).to.equal(undefined)
    await nothingIsWritten()
  })

  it('refuses two batches of one partition, and batches of different logs', async () => {
    expect(await store.writeTogether([batchOf(0), batchOf(0)])).to.equal(undefined)
    expect(await store.writeTogether([batchOf(0), batchOf(1, { logId: logId + 1 })])).to.equal(
      undefined,
    )
    await nothingIsWritten()
  })

  it('rejects during an outage of the database', async () => {
    const { config, folders } = tenant.deployment
    const { hostPort, table } = config.postgres
    const closed = ownerPool(config, localPassword(folders))
    await closed.end()
    const failure = await storeOver(closed, table)
      .writeTogether([batchOf(0), batchOf(1)])
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error, `port ${hostPort}`)
  })

  it('is used by a consumer for the batches of one fetch', async () => {
    await tenant.startProducer()
    await tenant.startConsumer()
    let posted = 0
    await until('one transaction has moved several ledgers', async () => {
      const { status } = await postJson(tenant, manyReadings(50, `POST-${posted}`))
      expect(status).to.equal(202)
      posted += 50
      const shared = await tenant.sql(
        'select xmin from partition_ledger group by xmin having count(*) > 1',
      )
      return shared.length > 0
    })
    await until('all readings are stored', async () => (await tenant.account()).stored === posted)
    expect(await tenant.countRows()).to.equal(posted)
  })
})
