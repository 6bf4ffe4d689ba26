import { expect } from 'chai'
import type pg from 'pg'
import { Registry } from 'prom-client'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { consumerGroupOf } from '../../../services/adapters/kafka/client.ts'
import {
  accountedReadings,
  checkRows,
  countRows,
} from '../../../services/adapters/postgres/ledger/account-store.ts'
import { KeyedTableSink } from '../../../services/adapters/postgres/tables/keyed-table-sink.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { roles } from '../../../services/adapters/postgres/driver/settings.ts'
import { rowImbalanceOf } from '../../../services/ledger/ledger.ts'
import type { Column, TableSchema } from '../../../services/ledger/table-schema.ts'
import type { Decode } from '../../../services/stream/decode-batch.ts'
import type { Stream } from '../../../services/stream/stream.ts'
import { createStream } from '../../../services/stream/stream.ts'
import { StreamMetrics } from '../../../services/stream/stream-metrics.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

const pipeline = 'first_seen'
type Seen = { readonly vin: string; readonly sequence: number; readonly speed: number }

const column = (name: keyof Seen, type: Column<Seen>['type']): Column<Seen> => ({
  ...{ name, type, comment: name, isCompared: true },
  valueOf: (row) => row[name],
})
/** One row per vehicle and sequence; only the first speed is stored. */
const schema: TableSchema<Seen> = {
  table: 'seen',
  columns: [column('vin', 'text'), column('sequence', 'bigint'), column('speed', 'double')],
  key: ['vin', 'sequence'],
  onConflict: { kind: 'keep' },
  conflictDetail: 'The vehicle has a row with another speed.',
}
const decode: Decode<Seen> = (record) => {
  const { offset } = record
  const value = JSON.parse(Buffer.from(record.value ?? []).toString()) as Seen
  const { vin, sequence, speed } = value
  if (speed <= 400) return { kind: 'row', offset, row: { vin, sequence, speed }, original: record }
  const refusal = { code: 'too-fast', detail: 'The speed is over 400 m/s.' }
  return { kind: 'refused', offset, ...refusal, original: record }
}

describe('a second pipeline on the topic of the readings', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool
  let stream: Stream
  const stop = new AbortController()
  const registry = new Registry()

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    const { config, folders } = tenant.deployment
    pool = ownerPool(config, localPassword(folders))
    await pool.query(
      'CREATE TABLE seen (vin text, sequence bigint, speed double precision, PRIMARY KEY (vin, sequence))',
    )
    await tenant.startProducer()
    await tenant.startConsumer()
    const { database, table, hostPort } = config.postgres
    const { kafka } = tenant
    const postgres = {
      ...{ host: '127.0.0.1', port: hostPort, database, table },
      ...{ user: roles.owner, password: localPassword(folders) },
    }
    const metrics = new StreamMetrics(registry)
    const context = { kafka, postgres, clientId: 'a-test', metrics, logger: serviceLogger }
    const sink = () => new KeyedTableSink(schema)
    stream = createStream({ name: pipeline, decode, sink }, { ...context, stop: stop.signal })
    await stream.start()
    await until('the stream is ready', () => stream.whyNotReady() === undefined)
  })

  after(async () => {
    stop.abort()
    await stream[Symbol.asyncDispose]()
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const settledBy = async (name: string) => {
    const ledgers = await new PostgresLedgerStore(pool, name).ledgers()
    return ledgers.reduce((sum, { nextOffset, startOffset }) => sum + nextOffset - startOffset, 0)
  }
  const deadLetterCodesOf = (name: string) =>
    tenant.sql('SELECT code FROM dead_letter WHERE pipeline = $1 ORDER BY code', [name])

  it('stores each record once in its table, and the readings pipeline stores it too', async () => {
    await postJson(tenant, manyReadings(300, 'TWICE'))
    await untilCount('the second pipeline has settled all records', () => settledBy(pipeline), 300)
    await untilCount(
      'the readings pipeline has settled all records',
      () => settledBy(readingsPipeline),
      300,
    )
    const [seen] = await tenant.sql('SELECT count(*)::int AS count FROM seen')
    expect([seen, await tenant.countRows()]).to.deep.equal([{ count: 300 }, 300])
  })

  it('has dead letters, duplicates and conflicts separate from those of the readings', async () => {
    const fast = { ...readingJson('FAST', new Date().toISOString()), speed: 450 }
    await postJson(tenant, fast)
    const first = { ...readingJson('SLOW', new Date().toISOString()), speed: 1 }
    await postJson(tenant, first)
    // The same key of this pipeline at other times: first with the same speed, then with another one.
    await postJson(tenant, { ...first, timestamp: new Date(Date.now() - 5_000).toISOString() })
    const conflicting = {
      ...first,
      timestamp: new Date(Date.now() - 9_000).toISOString(),
      speed: 2,
    }
    await postJson(tenant, conflicting)
    await untilCount('the second pipeline has settled all records', () => settledBy(pipeline), 304)
    await untilCount(
      'the readings pipeline has settled all records',
      () => settledBy(readingsPipeline),
      304,
    )
    expect(await deadLetterCodesOf(pipeline)).to.deep.equal([
      { code: 'key-conflict' },
      { code: 'too-fast' },
    ])
    expect(await deadLetterCodesOf(readingsPipeline)).to.deep.equal([])
    const spans = await tenant.sql('SELECT pipeline, outcome FROM offset_span')
    expect(spans).to.deep.equal([{ pipeline, outcome: 'duplicate' }])
    expect(await tenant.countRows()).to.equal(304)
  })

  it('has an account that balances with its table, like the readings pipeline', async () => {
    const account = await checkRows(pool, { pipeline, relation: '"seen"' })
    expect(account.rows).to.deep.equal({
      rows: 301,
      rowsOfRetiredDays: 0,
      stored: 301,
      redriven: 0,
    })
    expect(account.ledgerImbalance).to.equal(0)
    const readings = await countRows(pool, accountedReadings(tenant.config.postgres.table))
    expect([readings.rows, rowImbalanceOf(readings)]).to.deep.equal([304, 0])
    const checks = await tenant.sql('SELECT row_imbalance FROM account_check WHERE pipeline = $1', [
      pipeline,
    ])
    expect(checks).to.deep.equal([{ row_imbalance: 0 }])
  })

  it('has a separate consumer group and metrics, and does not affect receipts of the readings', async () => {
    const { topic } = tenant.config.kafka
    expect(consumerGroupOf({ pipeline, topic })).to.equal('av-telemetry:first_seen')
    expect(consumerGroupOf({ pipeline: readingsPipeline, topic })).to.equal(`av-telemetry-${topic}`)
    const text = await registry.metrics()
    expect(text).to.include(
      'telemetry_offsets_settled_total{pipeline="first_seen",outcome="stored"} 301',
    )
    const [letter] = await tenant.sql<{ receipt: string }>(
      `SELECT log_id || '-' || partition || '-' || record_offset AS receipt
       FROM dead_letter WHERE code = 'too-fast'`,
    )
    const response = await fetch(`${tenant.url}/receipts/${letter?.receipt ?? ''}`)
    expect(await response.json()).to.deep.include({ status: 'stored' })
  })
})
