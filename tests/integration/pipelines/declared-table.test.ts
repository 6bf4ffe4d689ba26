import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { checkPrimaryKey } from '../../../services/adapters/postgres/tables/check-primary-key.ts'
import { createTable } from '../../../services/adapters/postgres/tables/create-table.ts'
import { KeyedTableSink } from '../../../services/adapters/postgres/tables/keyed-table-sink.ts'
import { parseDeclaration } from '../../../services/pipelines/declaration/parse-declaration.ts'
import { toTableSchema } from '../../../services/pipelines/declared-table.ts'
import { decodeRecord } from '../../../services/pipelines/decode/decode-record.ts'
import { aConsumedRecord } from '../../support/builders.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

const parsed = parseDeclaration(`
name = "classifieds"
from.topic = "data"
[map]
columns = [
  { name = "id", type = "text" },
  { name = "created_at", type = "timestamp", comment = "The user's time" },
  { name = "ad_type", type = "text", default = "Free" },
  { name = "price", type = "numeric(12,3)", default = 0 },
  { name = "details", type = "json" },
]
[to.table]
name = "classifieds"
key = ["id"]
on_conflict = "newest:created_at"
`)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
const { declaration } = parsed
const schema = toTableSchema(declaration)

describe('the table of a declaration', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    await pool.query('CREATE SCHEMA IF NOT EXISTS data')
  })

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  it('is created once, with the declared types, key and comments', async () => {
    await createTable(pool, schema)
    await createTable(pool, schema)
    await checkPrimaryKey(pool, schema)
    const { rows } = await pool.query<{ definition: string }>(
      `SELECT attname || ' ' || format_type(atttypid, atttypmod) || coalesce(': ' || col_description(attrelid, attnum), '') AS definition
       FROM pg_attribute WHERE attrelid = 'data.classifieds'::regclass AND attnum > 0 ORDER BY attnum`,
    )
    expect(rows.map(({ definition }) => definition)).to.deep.equal([
      'id text',
      "created_at timestamp with time zone: The user's time",
      'ad_type text',
      'price numeric(12,3)',
      'details jsonb',
      '_log bigint: Log of the record that the row was written from',
      '_partition bigint: Partition of the record that the row was written from',
      '_offset bigint: Offset of the record that the row was written from',
    ])
  })

  it('gets the rows of decoded records by its conflict rule', async () => {
    const sink = new KeyedTableSink(schema)
    const json = [
      '{"id":"a","created_at":"2020-04-08T18:07:32.1688783Z","price":10000.5,"details":{"n":12345678901234567890}}',
      '{"id":"a","created_at":"2020-04-08T18:07:31Z","ad_type":"Paid"}',
      `{"id":"b","created_at":null,"text":"it's"}`,
    ]
    const rows = json.map((value, offset) => {
      const record = aConsumedRecord(offset, { value: Buffer.from(value) })
      const entry = decodeRecord(declaration, record, { logId: 1, partition: 0 })
      if (entry.kind !== 'row') throw new Error(entry.detail)
      return entry
    })
    const merged = await inTransaction(pool, (client) => sink.merge(client, rows))
    expect(merged.superseded).to.deep.equal([1])
    const { rows: stored } = await pool.query(
      'SELECT id, created_at::text, ad_type, price, details::text, _offset::int FROM data.classifieds ORDER BY id',
    )
    expect(stored).to.deep.equal([
      {
        ...{ id: 'a', created_at: '2020-04-08 18:07:32.168878+00', ad_type: 'Free' },
        ...{ price: '10000.500', details: '{"n": 12345678901234567890}', _offset: 0 },
      },
      { id: 'b', created_at: null, ad_type: 'Free', price: '0.000', details: null, _offset: 2 },
    ])
  })
})
