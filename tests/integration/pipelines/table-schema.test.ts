import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { PostgresDeadLetterStore } from '../../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import { copyRows } from '../../../services/adapters/postgres/tables/copy-rows.ts'
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
  description: 'Driver of the vehicle.',
  example: 'A. Driver',
}

/** The table of readings with two more fields. */
const schema = readingTable('wider', [...readingFields, batteryField, driverField])

describe('a field that is added only to the table of fields', () => {
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

  const aRow = (sequence: number, fields: object): ReceivedReading => ({
    reading: { ...aReading({ sequence, metadata: { note: 'x' } }), ...fields },
    receivedAt: noon,
  })
  const bothFields = { battery: 81.5, driver: 'Zoë' }
  const merge = (...rows: ReceivedReading[]) =>
    inTransaction(pool, (client) =>
      sink.merge(
        client,
        rows.map((row, offset) => ({ offset, row })),
      ),
    )
  const stored = (sequence: number) =>
    tenant.sql('SELECT battery_level, driver FROM wider WHERE sequence = $1', [sequence])

  it('is stored by COPY', async () => {
    const rows = [
      { offset: 0, row: aRow(1, bothFields) },
      { offset: 1, row: aRow(2, { battery: null }) },
    ]
    await inTransaction(pool, (client) => copyRows(client, sink, rows))
    expect(await stored(1)).to.deep.equal([{ battery_level: 81.5, driver: 'Zoë' }])
    expect(await stored(2)).to.deep.equal([{ battery_level: null, driver: null }])
  })

  it('is stored by merge: equal content is a duplicate, other content a conflict', async () => {
    const merged = await merge(
      aRow(1, bothFields),
      aRow(1, { ...bothFields, battery: 80 }),
      aRow(1, { ...bothFields, driver: null }),
      aRow(3, bothFields),
    )
    expect(merged).to.deep.equal({
      updated: [],
      superseded: [],
      duplicates: [0],
      conflicts: [1, 2],
      refused: [],
    })
    expect(await stored(3)).to.deep.equal([{ battery_level: 81.5, driver: 'Zoë' }])
  })

  it('is listed if it differs between a dead letter and the row with its key', async () => {
    const letters = new PostgresDeadLetterStore(pool, readingsPipeline)
    const row = aRow(1, { battery: 80, driver: 'Zoë', speed: 1 })
    expect(await letters.differences(schema, row)).to.deep.equal([
      { column: 'speed', inRow: 7.823, inLetter: 1 },
      { column: 'battery_level', inRow: 81.5, inLetter: 80 },
    ])
    expect(await letters.differences(schema, aRow(1, bothFields))).to.deep.equal([])
    expect(await letters.differences(schema, aRow(9, bothFields))).to.equal(undefined)
    const otherMetadata = aRow(1, { ...bothFields, metadata: { note: 'y' } })
    expect(await letters.differences(schema, otherMetadata)).to.deep.equal([
      { column: 'metadata', inRow: { note: 'x' }, inLetter: { note: 'y' } },
    ])
  })

  it('has a comment on its database column', async () => {
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
