import { expect } from 'chai'
import { sqlStatement } from '../../../services/adapters/postgres/sql-file.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

/** A node of a plan. */
type Plan = {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

const [waiting, given] = [4_000, 50]

/** How many rows of the table a plan has read. */
function rowsRead(plan: Plan, table: string): number {
  const { Plans: plans = [], 'Relation Name': relation, 'Actual Rows': rows } = plan
  const removed =
    (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0)
  const own = relation === table ? (rows + removed) * plan['Actual Loops'] : 0
  return plans.reduce((sum, each) => sum + rowsRead(each, table), own)
}

describe('A statement about some of many files', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let ids: number[]

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    // No statistics: thousands of files can be dropped long before they are collected.
    await tenant.sql('ALTER TABLE file SET (autovacuum_enabled = false)')
    await tenant.sql('ALTER TABLE task SET (autovacuum_enabled = false)')
    await tenant.sql(
      `INSERT INTO file (bucket, key, size, etag, modified_at, pipeline, sha256, task)
       SELECT 'etl', '01_inbox/' || number, 600, number, now(), 'orders', sha256(number::text::bytea), number
       FROM generate_series(1, $1::int) AS number`,
      [waiting],
    )
    await tenant.sql(
      `INSERT INTO task (id, pipeline, unit, method, params, state, attempt, ended_at)
       SELECT task, pipeline, key, 'load_file', '{}', 'complete', 1, now() FROM file`,
    )
    const rows = await tenant.sql<{ id: number }>('SELECT id::int FROM file ORDER BY id LIMIT $1', [
      given,
    ])
    ids = rows.map(({ id }) => id)
  })

  after(() => tenant[Symbol.asyncDispose]())

  const planOf = async (name: string, values: unknown[]): Promise<Plan> => {
    const text = `EXPLAIN (ANALYZE, FORMAT JSON) ${sqlStatement(name)}`
    const [row] = await tenant.sql<{ 'QUERY PLAN': [{ Plan: Plan }] }>(text, values)
    return row?.['QUERY PLAN'][0].Plan ?? expect.fail('there is no plan')
  }
  const each = <T>(value: (id: number) => T): T[] => ids.map(value)
  const hashes = () => each((id) => Buffer.from(String(id).padStart(32, '-')))
  const targets = () => each((id) => `03_archive/${id}`)
  const statements: readonly (readonly [name: string, values: () => unknown[]])[] = [
    ['find-files-of-tasks', () => [ids]],
    ['find-contents', () => ['orders', ids, each(() => 600), hashes()]],
    ['record-loaded-files', () => [ids, hashes(), each(() => 20), each(() => 0)]],
    ['reserve-targets', () => ['etl', ids, each(() => 1), targets()]],
    ['set-archived', () => [ids, each(() => 1), targets(), each(() => true), each(() => null)]],
  ]

  for (const [name, values] of statements) {
    it(`reads only these: ${name}`, async () => {
      expect(rowsRead(await planOf(name, values()), 'file')).to.be.at.most(4 * given)
    })
  }

  it('has archived them', async () => {
    const [row] = await tenant.sql<{ count: number }>(
      `SELECT count(*)::int FROM file WHERE archived_at IS NOT NULL AND target_key LIKE '03_archive/%'`,
    )
    expect(row?.count).to.equal(given)
  })
})
