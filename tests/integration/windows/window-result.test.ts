import { expect } from 'chai'
import type pg from 'pg'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { toWindowResult } from '../../../services/adapters/postgres/windows/window-result.ts'
import type { TaskResult } from '../../../services/ledger/tasks/task.ts'
import { part } from '../../support/settled.ts'
import { TaskDatabase } from '../../support/task-database.ts'

const span = { from: new Date('2026-03-01T10:00Z'), to: new Date('2026-03-01T11:00Z') }
const partCount = 8
const rowsOfPart = 1_000

/** A result with about 1 MiB a part, as it comes from the file of a handler. */
const large: TaskResult = {
  rowCount: partCount * rowsOfPart,
  byteCount: partCount * 1024 * 1024,
  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
  async *parts() {
    for (let first = 0; first < partCount * rowsOfPart; first += rowsOfPart) {
      const note = 'x'.repeat(1_000)
      const rows = Array.from({ length: rowsOfPart }, (_, index) => ({ id: first + index, note }))
      yield part('large', rows)
    }
  },
  read: () => Promise.reject(new Error('it is read part by part')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

describe('The rows of a handler for a window', function () {
  this.timeout(60_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
  })
  after(() => database[Symbol.asyncDispose]())

  it('are stored in statements of about 1 MiB, so that a large result is never in memory as a whole', async () => {
    const table = { name: 'large', key: ['id'], onConflict: { kind: 'update' as const } }
    const write = await toWindowResult(database.pool, { pipeline: 'large', table }, large)
    if ('code' in write) throw new Error(write.message)
    let longest = 0
    const outcome = await inTransaction(database.pool, (client) => {
      const query = (text: string, values: unknown[] = []) => {
        longest = Math.max(longest, ...values.map((value) => String(value).length))
        return client.query(text, values)
      }
      return write({ query } as unknown as pg.PoolClient, span)
    })
    expect(outcome).to.deep.equal({ kind: 'written', rows: large.rowCount })
    expect(longest).to.be.within(500_000, 1_100_000)
    const { rows } = await database.pool.query(
      `SELECT count(DISTINCT id)::int AS ids, min(length(note)) AS note, max(_window_to) AS end FROM data.large`,
    )
    expect(rows).to.deep.equal([{ ids: large.rowCount, note: 1_000, end: span.to }])
  })
})
