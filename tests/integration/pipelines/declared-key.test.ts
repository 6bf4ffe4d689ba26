import { expect } from 'chai'
import { PostgresPipelineStore } from '../../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { declare } from '../../../services/worker/declarations/declare.ts'
import { TaskDatabase } from '../../support/task-database.ts'

describe('The declaration of a pipeline with tasks whose table exists already', function () {
  this.timeout(60_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
  })
  after(() => database[Symbol.asyncDispose]())

  /** The faults of a pipeline with the name of its table. */
  const faultsOf = async (name: string, key = ', key = ["b", "a"]') => {
    const text = `name = "${name}"\nfrom.api = true\nrun = "f"\nto.table = { name = "${name}"${key} }\n`
    const parsed = parsePipeline(text, () => ({ text: '' }))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
    const store = new PostgresPipelineStore(database.pool)
    return declare(store, { ...parsed, path: `/pipelines/${name}.toml` })
  }
  const columns = 'a int, b int, n int'

  for (const [name, statement] of [
    ['without_key', `CREATE TABLE data.without_key (${columns})`],
    ['other_key', `CREATE TABLE data.other_key (${columns}, PRIMARY KEY (a))`],
    ['wider_key', `CREATE TABLE data.wider_key (${columns}, PRIMARY KEY (a, b, n))`],
    [
      'partial_key',
      `CREATE TABLE data.partial_key (${columns}); CREATE UNIQUE INDEX ON data.partial_key (a, b) WHERE n > 0`,
    ],
    ['deferrable_key', `CREATE TABLE data.deferrable_key (${columns}, UNIQUE (a, b) DEFERRABLE)`],
  ] as const)
    it(`is refused with the statement that adds the key: ${name}`, async () => {
      await database.pool.query(statement)
      expect(await faultsOf(name)).to.deep.equal([
        `The table "data"."${name}" exists already, and has no primary key or unique index of (b, a). Add it: ALTER TABLE "data"."${name}" ADD PRIMARY KEY (b, a). Or declare another table or key.`,
      ])
      expect(await new PostgresPipelineStore(database.pool).list()).to.deep.equal([])
    })

  it('is accepted with the key as primary key or unique index, without a declared key, and without a table', async () => {
    await database.pool.query(`
      CREATE TABLE data.primary_key (${columns}, PRIMARY KEY (a, b));
      CREATE TABLE data.unique_key (${columns}, UNIQUE (b, a));
      CREATE TABLE data.keyless (${columns})`)
    expect(await faultsOf('primary_key')).to.deep.equal([])
    expect(await faultsOf('unique_key')).to.deep.equal([])
    expect(await faultsOf('keyless', '')).to.deep.equal([])
    expect(await faultsOf('missing')).to.deep.equal([])
  })
})
