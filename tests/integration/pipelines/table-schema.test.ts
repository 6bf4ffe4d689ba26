import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/local-access.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { PostgresDeadLetterStore } from '../../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import { KeyedTableSink } from '../../../services/adapters/postgres/tables/keyed-table-sink.ts'
import { commentColumns } from '../../../services/adapters/postgres/driver/migrate.ts'
import type { NumberField, TextField } from '../../../services/telemetry/reading/fields.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { readingsPipeline } from '../../../services/telemetry/pipeline.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { readingTable } from '../../../services/telemetry/reading/reading-table.ts'
import { aReading, noon } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

const batteryField: NumberField = {
  kind: 'number',
  name: 'battery',
  column: 'battery_level',
  required: false,
  unit: 'percent',
  minimum: 0,
  maximum: 100,
  description: 'State of charge.',
  example: 82,
}
const driverField: TextField = {
  kind: 'text',
  name: 'driver',
  column: 'driver',
  required: false,
  maxLength: 40,
  description: 'Who drives.',
  example: 'A. Driver',
}

/** The table of fields with two more fields, and nothing else changed. */
const schema = readingTable('wider', [...readingFields, batteryField, driverField])

describe('a field that is added to the table of fields alone', () => {
  let tenant: Tenant
  let pool: pg.Pool
  const sink = new KeyedTableSink(schema)

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    await pool.query(`
      CREATE TABLE wider (LIKE diag INCLUDING DEFAULTS, PRIMARY KEY (vin, recorded_at, sequence));
      ALTER TABLE wider ADD COLUMN battery_level double precision, ADD COLUMN driver text`)
  })

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const aRow = (sequence: number, more: object): ReceivedReading => ({
    reading: { ...aReading({ sequence, metadata: { note: 'x' } }), ...more },
    receivedAt: noon,
  })
  const full = { battery: 81.5, driver: 'Zoë' }
  const merge = (...rows: ReceivedReading[]) =>
    inTransaction(pool, (client) =>
      sink.merge(
        client,
        rows.map((row, offset) => ({ offset, row })),
      ),
    )
  const stored = (sequence: number) =>
    tenant.sql('SELECT battery_level, driver FROM wider WHERE sequence = $1', [sequence])

  it('is copied', async () => {
    const rows = [
      { offset: 0, row: aRow(1, full) },
      { offset: 1, row: aRow(2, { battery: null }) },
    ]
    await inTransaction(pool, (client) => sink.copy(client, rows))
    expect(await stored(1)).to.deep.equal([{ battery_level: 81.5, driver: 'Zoë' }])
    expect(await stored(2)).to.deep.equal([{ battery_level: null, driver: null }])
  })

  it('is merged and compared: equal content is a duplicate, other content a conflict', async () => {
    const merged = await merge(
      aRow(1, full),
      aRow(1, { ...full, battery: 80 }),
      aRow(1, { ...full, driver: null }),
      aRow(3, full),
    )
    expect(merged).to.deep.equal({
      updated: [],
      superseded: [],
      duplicates: [0],
      conflicts: [1, 2],
    })
    expect(await stored(3)).to.deep.equal([{ battery_level: 81.5, driver: 'Zoë' }])
  })

  it('is named where the row of a dead letter differs', async () => {
    const letters = new PostgresDeadLetterStore(pool, readingsPipeline)
    const row = aRow(1, { battery: 80, driver: 'Zoë', speed: 1 })
    expect(await letters.differences(schema, row)).to.deep.equal([
      { column: 'speed', inRow: 7.823, inLetter: 1 },
      { column: 'battery_level', inRow: 81.5, inLetter: 80 },
    ])
    expect(await letters.differences(schema, aRow(1, full))).to.deep.equal([])
    expect(await letters.differences(schema, aRow(9, full))).to.equal(undefined)
    const other = aRow(1, { ...full, metadata: { note: 'y' } })
    expect(await letters.differences(schema, other)).to.deep.equal([
      { column: 'metadata', inRow: { note: 'x' }, inLetter: { note: 'y' } },
    ])
  })

  it('has a comment on its column', async () => {
    const client = await pool.connect()
    await commentColumns(client, schema)
    client.release()
    const [comment] = await tenant.sql(
      `SELECT col_description('wider'::regclass, attnum) AS text
       FROM pg_attribute WHERE attrelid = 'wider'::regclass AND attname = 'battery_level'`,
    )
    expect(comment).to.deep.equal({ text: 'State of charge. Range [0, 100] percent.' })
  })
})
