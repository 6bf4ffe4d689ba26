import { expect } from 'chai'
import fc from 'fast-check'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { copyRows } from '../../../services/adapters/postgres/tables/copy-rows.ts'
import { KeyedTableSink } from '../../../services/adapters/postgres/tables/keyed-table-sink.ts'
import { keyAndContent } from '../../../services/adapters/postgres/tables/table-statements.ts'
import type { Column, ColumnType, ColumnValue } from '../../../services/ledger/table-schema.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

/** The values of the columns, in the order of `columnTypes`. */
type Row = readonly ColumnValue[]

const columnTypes = {
  id: 'bigint',
  a_text: 'text',
  an_integer: 'integer',
  a_bigint: 'bigint',
  a_double: 'double',
  a_numeric: 'numeric',
  a_boolean: 'boolean',
  a_timestamp: 'timestamp',
  a_date: 'date',
  a_uuid: 'uuid',
  a_json: 'json',
} as const satisfies Record<string, ColumnType>

const columns: Column<Row>[] = Object.entries(columnTypes).map(([name, type], index) => ({
  ...{ name, type, comment: name, isCompared: true },
  valueOf: (row) => row[index] ?? null,
}))

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 20 }))
  .map(([digits, scale]) => {
    const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
    const split = text.length - scale
    const fraction = scale === 0 ? '' : `.${text.slice(split)}`
    return `${digits < 0n ? '-' : ''}${text.slice(0, split)}${fraction}`
  })
const whole = (min: bigint, max: bigint) =>
  fc.bigInt({ min, max }).map((value) => {
    const isSafe = Number.isSafeInteger(Number(value))
    return isSafe ? Number(value) : value
  })
const microsOf = (iso: string) => BigInt(Date.parse(iso)) * 1000n
const orNull = (values: fc.Arbitrary<ColumnValue>) => fc.option(values, { freq: 8 })
const anyValues = fc.tuple(
  orNull(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))),
  orNull(fc.integer()),
  orNull(whole(-(2n ** 63n), 2n ** 63n - 1n)),
  orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
  orNull(decimal),
  orNull(fc.boolean()),
  orNull(whole(microsOf('0001-01-01T00:00:00Z'), microsOf('9999-12-31T23:59:59Z') + 999_999n)),
  orNull(fc.integer({ min: -719_162, max: 2_932_896 })),
  orNull(fc.uuid()),
  orNull(fc.json().filter((text) => !text.includes('\\u0000'))),
)

describe('the types of declared columns', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool
  const schema = (table: string) => ({
    ...{ table, columns, key: ['id'], conflictDetail: 'The row differs.' },
    onConflict: { kind: 'keep' as const },
  })

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    const definition = `(id bigint PRIMARY KEY, a_text text, an_integer integer, a_bigint bigint,
      a_double double precision, a_numeric numeric, a_boolean boolean, a_timestamp timestamptz,
      a_date date, a_uuid uuid, a_json jsonb)`
    await pool.query(`CREATE TABLE copied ${definition}; CREATE TABLE inserted ${definition}`)
  })

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const copy = (rows: readonly Row[]) =>
    inTransaction(pool, (client) =>
      copyRows(
        client,
        new KeyedTableSink(schema('copied')),
        rows.map((row, offset) => ({ offset, row })),
      ),
    )

  it('are stored by binary COPY as Postgres reads the same values from text', async () => {
    const samples = fc.sample(anyValues, { numRuns: 1_000, seed: 20_261_128 })
    const rows = samples.map((values, id): Row => [id, ...values])
    expect(await copy(rows)).to.equal(rows.length)
    const names = columns.map(({ name }) => name)
    const parameters = names.map((_, index) => `$${index + 1}`).join(', ')
    for (const row of rows) {
      await pool.query(
        `INSERT INTO inserted VALUES (${parameters})`,
        keyAndContent(schema('inserted'), row),
      )
    }
    const { rows: different } = await pool.query(`
      SELECT copied.*, inserted.* FROM copied FULL JOIN inserted USING (id)
      WHERE copied IS DISTINCT FROM inserted OR copied.a_numeric::text <> inserted.a_numeric::text`)
    expect(different).to.deep.equal([])
    const { rows: counted } = await pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM copied JOIN inserted USING (id)',
    )
    expect(counted).to.deep.equal([{ count: rows.length }])
  })

  it('keep the limits of their ranges', async () => {
    const row: Row = [
      ...[-1, '', -(2 ** 31), 2n ** 63n - 1n, Number.MIN_VALUE, '-0.00000000000000000001', false],
      ...[microsOf('9999-12-31T23:59:59Z') + 999_999n, 2_932_896],
      ...['00000000-0000-0000-0000-00000000000f', 'null'],
    ]
    await copy([row])
    const { rows } = await pool.query(
      `SELECT an_integer, a_bigint::text, a_double, a_numeric, a_boolean, a_timestamp::text, a_date::text,
        a_uuid, a_json::text FROM copied WHERE id = -1`,
    )
    expect(rows).to.deep.equal([
      {
        an_integer: -2147483648,
        a_bigint: '9223372036854775807',
        a_double: Number.MIN_VALUE,
        a_numeric: '-0.00000000000000000001',
        a_boolean: false,
        a_timestamp: '9999-12-31 23:59:59.999999+00',
        a_date: '9999-12-31',
        a_uuid: '00000000-0000-0000-0000-00000000000f',
        a_json: 'null',
      },
    ])
  })
})
