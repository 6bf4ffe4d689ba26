import { expect } from 'chai'
import fc from 'fast-check'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { KeyedTableSink } from '../../../services/adapters/postgres/tables/keyed-table-sink.ts'
import type { MergeResult } from '../../../services/adapters/postgres/tables/table-sink.ts'
import type { RecordPosition } from '../../../services/ledger/receipt.ts'
import type { Column, ConflictRule, TableSchema } from '../../../services/ledger/table-schema.ts'
import { positionColumns } from '../../../services/ledger/table-schema.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

type Order = {
  readonly id: string
  readonly changedAt: number | null
  readonly state: string
  readonly position: RecordPosition
}

const column = (
  name: string,
  type: Column<Order>['type'],
  valueOf: Column<Order>['valueOf'],
): Column<Order> => ({ name, type, comment: name, isCompared: true, valueOf })
const schemaOf = (table: string, onConflict: ConflictRule): TableSchema<Order> => ({
  ...{ table, onConflict, key: ['id'], conflictDetail: 'The order has another row.' },
  columns: [
    column('id', 'text', ({ id }) => id),
    column('changed_at', 'bigint', ({ changedAt }) => changedAt),
    column('state', 'text', ({ state }) => state),
    ...positionColumns<Order>(({ position }) => position),
  ],
})
const rules = {
  latest_order: { kind: 'update' },
  newest_order: { kind: 'newest', column: 'changed_at' },
} as const satisfies Record<string, ConflictRule>
type Table = keyof typeof rules

describe('the conflict rules update and newest', function () {
  this.timeout(90_000)
  let tenant: Tenant
  let pool: pg.Pool

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    for (const table of Object.keys(rules)) {
      await pool.query(
        `CREATE TABLE ${table} (id text PRIMARY KEY, changed_at bigint, state text,
          _log bigint, _partition bigint, _offset bigint)`,
      )
    }
  })

  beforeEach(() => pool.query('TRUNCATE latest_order, newest_order'))

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  const write = (
    table: Table,
    orders: readonly Order[],
    path: 'merge' | 'divide' = 'merge',
  ): Promise<MergeResult> =>
    inTransaction(pool, (client) =>
      new KeyedTableSink(schemaOf(table, rules[table]))[path](
        client,
        orders.map((row) => ({ offset: row.position.offset, row })),
      ),
    )
  const anOrder = (offset: number, fields: Partial<Order> = {}): Order => ({
    ...{ id: 'A', changedAt: 0, state: `state ${offset}` },
    position: { logId: 1, partition: 0, offset },
    ...fields,
  })
  const rowsOf = (table: Table) =>
    tenant.sql<{ id: string; state: string }>(`SELECT id, state FROM ${table} ORDER BY id`)
  const nothing = { updated: [], superseded: [], duplicates: [], conflicts: [], refused: [] }

  for (const path of ['merge', 'divide'] as const) {
    it(`update replaces a row by a later record, and equal content is a duplicate (${path})`, async () => {
      expect(await write('latest_order', [anOrder(1)], path)).to.deep.equal(nothing)
      const second = await write('latest_order', [anOrder(2), anOrder(3, { id: 'B' })], path)
      expect(second).to.deep.equal({ ...nothing, updated: [2] })
      const third = await write('latest_order', [anOrder(4, { state: 'state 2' })], path)
      expect(third).to.deep.equal({ ...nothing, duplicates: [4] })
      expect(await rowsOf('latest_order')).to.deep.equal([
        { id: 'A', state: 'state 2' },
        { id: 'B', state: 'state 3' },
      ])
    })

    it(`update keeps the row of a later record of the same partition (${path})`, async () => {
      await write('latest_order', [anOrder(5)], path)
      expect(await write('latest_order', [anOrder(4)], path)).to.deep.equal({
        ...nothing,
        superseded: [4],
      })
      const laterLog = anOrder(1, { position: { logId: 2, partition: 0, offset: 1 } })
      expect(await write('latest_order', [laterLog], path)).to.deep.equal({
        ...nothing,
        updated: [1],
      })
      const otherPartition = anOrder(0, { position: { logId: 1, partition: 1, offset: 0 } })
      expect(await write('latest_order', [otherPartition], path)).to.deep.equal({
        ...nothing,
        updated: [0],
      })
    })

    it(`update keeps the row of a later record with equal content (${path})`, async () => {
      await write('latest_order', [anOrder(1, { state: 'x' })], path)
      const repeated = await write('latest_order', [anOrder(5, { state: 'x' })], path)
      expect(repeated).to.deep.equal({ ...nothing, duplicates: [5] })
      const earlier = await write('latest_order', [anOrder(3, { state: 'y' })], path)
      expect(earlier).to.deep.equal({ ...nothing, superseded: [3] })
    })

    it(`newest keeps the row with the greater value, and null is less than every value (${path})`, async () => {
      await write('newest_order', [anOrder(1, { changedAt: null })], path)
      const written: MergeResult[] = []
      for (const [offset, changedAt] of [20, 10, null, 20, 30].entries()) {
        written.push(await write('newest_order', [anOrder(offset + 2, { changedAt })], path))
      }
      expect(written).to.deep.equal([
        { ...nothing, updated: [2] },
        { ...nothing, superseded: [3] },
        { ...nothing, superseded: [4] },
        { ...nothing, updated: [5] },
        { ...nothing, updated: [6] },
      ])
      expect(await rowsOf('newest_order')).to.deep.equal([{ id: 'A', state: 'state 6' }])
    })
  }

  it('divide updates the other rows if the database refuses one', async () => {
    await pool.query(`ALTER TABLE latest_order ADD CONSTRAINT no_x CHECK (state <> 'x')`)
    await write('latest_order', [anOrder(1), anOrder(2, { id: 'B' })])
    const orders = [anOrder(3), anOrder(4, { id: 'B', state: 'x' }), anOrder(5, { id: 'C' })]
    const divided = await write('latest_order', orders, 'divide')
    await pool.query('ALTER TABLE latest_order DROP CONSTRAINT no_x')
    expect(divided).to.deep.include({ updated: [3], superseded: [], duplicates: [] })
    expect(divided.refused.map(({ offset, sqlState }) => [offset, sqlState])).to.deep.equal([
      [4, '23514'],
    ])
    expect((await rowsOf('latest_order')).map(({ state }) => state)).to.deep.equal([
      'state 3',
      'state 2',
      'state 5',
    ])
  })

  it('divide stores the record before the one of its key that the database refuses', async () => {
    await pool.query(`ALTER TABLE newest_order ADD CONSTRAINT no_x CHECK (state <> 'x')`)
    const orders = [
      anOrder(1, { changedAt: 1 }),
      anOrder(2, { changedAt: 2 }),
      anOrder(3, { changedAt: 3, state: 'x' }),
      anOrder(4, { changedAt: 4, state: 'x' }),
      anOrder(5, { id: 'B' }),
    ]
    const divided = await write('newest_order', orders, 'divide')
    await pool.query('ALTER TABLE newest_order DROP CONSTRAINT no_x')
    expect(divided).to.deep.include({ updated: [], superseded: [1], duplicates: [] })
    expect(divided.refused.map(({ offset }) => offset)).to.deep.equal([3, 4])
    expect(await rowsOf('newest_order')).to.deep.equal([
      { id: 'A', state: 'state 2' },
      { id: 'B', state: 'state 5' },
    ])
  })

  for (const path of ['merge', 'divide'] as const) {
    it(`a record that a trigger leaves out replaces no other record of its key (${path})`, async () => {
      await pool.query(
        `CREATE FUNCTION skip_x() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN IF NEW.state = 'x' THEN RETURN NULL; END IF; RETURN NEW; END $$;
         CREATE TRIGGER skip_x BEFORE INSERT OR UPDATE ON latest_order
           FOR EACH ROW EXECUTE FUNCTION skip_x()`,
      )
      const written = await write('latest_order', [anOrder(1), anOrder(2, { state: 'x' })], path)
      await pool.query('DROP TRIGGER skip_x ON latest_order; DROP FUNCTION skip_x()')
      expect(written.superseded).to.deep.equal([])
      expect(written.refused.map(({ offset }) => offset)).to.deep.equal([2])
      expect(await rowsOf('latest_order')).to.deep.equal([{ id: 'A', state: 'state 1' }])
    })
  }

  for (const table of Object.keys(rules) as Table[]) {
    it(`leave the same rows in ${table}, however the records are divided into batches`, async () => {
      const orders = fc.array(
        fc.record({
          id: fc.constantFrom('A', 'B', 'C'),
          changedAt: fc.option(fc.integer({ min: 0, max: 4 })),
          state: fc.constantFrom('x', 'y', 'z'),
          isLastOfBatch: fc.boolean(),
        }),
        { maxLength: 20 },
      )
      await fc.assert(
        fc.asyncProperty(orders, async (list) => {
          await pool.query('TRUNCATE latest_order, newest_order')
          const expected = new Map<string, Order>()
          let batch: Order[] = []
          let added = 0
          for (const [offset, { isLastOfBatch, ...fields }] of list.entries()) {
            const order = anOrder(offset, fields)
            const present = expected.get(order.id)
            const isOlder =
              table === 'newest_order' && (order.changedAt ?? -1) < (present?.changedAt ?? -1)
            if (present === undefined || !isOlder) expected.set(order.id, order)
            batch.push(order)
            if (!isLastOfBatch && offset < list.length - 1) continue
            const { updated, superseded, duplicates } = await write(table, batch)
            added += batch.length - updated.length - superseded.length - duplicates.length
            batch = []
          }
          expect(await rowsOf(table)).to.deep.equal(
            [...expected.values()]
              .map(({ id, state }) => ({ id, state }))
              .sort((left, right) => (left.id < right.id ? -1 : 1)),
          )
          expect(added).to.equal(expected.size)
        }),
        { numRuns: 100, seed: 20_261_128 },
      )
    })
  }
})
