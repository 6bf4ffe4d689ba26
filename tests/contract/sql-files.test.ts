import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { reservedTables } from '../../infra/config/reserved-tables.ts'
import {
  readMigrations,
  sqlStatement,
  statementNames,
} from '../../services/adapters/postgres/sql-file.ts'
import { placeholdersOf } from '../../services/adapters/postgres/tables/table-statements.ts'
import { readingTable } from '../../services/telemetry/reading/reading-table.ts'

const statements = statementNames()
const migrations = readMigrations('my_table')
const schema = readingTable('my_table')
const ofResults = { 'row-columns': 'result_row.id', 'row-key': 'result_row.id', direction: 'ASC' }
const ofWindows = {
  ...{ step: 'SELECT $1, $2', from: 'now()', to: 'now()', additions: '', 'primary-key': '' },
  ...{ condition: '', 'same-key': 'true', assignments: 'id = excluded.id' },
  ...{ trigger: 'touch', event: 'INSERT', column: 'id', 'transition-tables': 'NEW TABLE AS after' },
}
const placeholders = { ...placeholdersOf(schema), ...ofResults, ...ofWindows, pipeline: '$1' }
const textOf = (name: string) => sqlStatement(name, placeholders)
const provisioning = new URL('../../services/adapters/postgres/driver/migrate.ts', import.meta.url)

describe('SQL files', () => {
  it('exist', () => {
    expect(statements).to.include('advance-ledger')
    expect(migrations.length).to.be.at.least(1)
  })

  for (const name of statements) {
    it(`${name} has every placeholder filled in`, () => {
      expect(textOf(name)).to.not.match(/\{\{|\}\}/)
    })

    it(`${name} numbers its parameters without gaps`, () => {
      const used = [...textOf(name).matchAll(/\$(\d+)/g)].map(([, digit]) => Number(digit))
      const numbers = [...new Set(used)].sort((left, right) => left - right)
      expect(numbers).to.deep.equal(numbers.map((_, index) => index + 1))
    })
  }

  it('use the configured table and no hard-coded table name', () => {
    const all = [...statements.map((name) => textOf(name))]
    const texts = [...all, ...migrations.map(({ text }) => text)]
    expect(texts.filter((text) => /\bdiag\b/.test(text))).to.deep.equal([])
    expect(texts.filter((text) => text.includes('"my_table"')).length).to.be.at.least(3)
  })

  it('use only fixed names that are reserved for the configured table', () => {
    const all = [
      ...statements.map((name) => textOf(name)),
      ...migrations.map(({ text }) => text),
      readFileSync(provisioning, 'utf8'),
    ].join('\n')
    // Names with their schema hide nothing.
    const created = /\bCREATE (?:[A-Z]+ )*(?:TABLE|VIEW) (?:IF NOT EXISTS )?(?!data\.)(\w+)/g
    const inStatement = /(?:\bWITH(?: RECURSIVE)?|\),)\s+(\w+)(?: \([\w, ]+\))? AS (?:[A-Z]+ )*\(/g
    const names = [created, inStatement].flatMap((pattern) =>
      [...all.matchAll(pattern)].map(([, name]) => name),
    )
    expect([...new Set(names)].sort()).to.deep.equal(reservedTables)
  })
})

/** Tables whose rows belong to one pipeline. */
const perPipeline = ['partition_ledger', 'offset_span', 'dead_letter', 'account_check']
/** A log is unused when no pipeline has a ledger for it. */
const ofAllPipelines = ['drop-unused-log']

describe('statements on tables shared by all pipelines', () => {
  for (const name of statements.filter((each) => !ofAllPipelines.includes(each))) {
    const text = textOf(name).replace(/--.*$/gm, '')
    const tables = perPipeline.filter((table) => new RegExp(`\\b${table}\\b`).test(text))
    if (tables.length === 0) continue
    it(`${name} filters by pipeline`, () => {
      expect(text).to.match(/\bpipeline\b/)
    })
  }
})

describe('migrations', () => {
  it('are numbered from 1 in name order, each number once', () => {
    const numbers = migrations.map(({ number }) => number)
    expect(numbers).to.deep.equal([...new Set(numbers)].sort((left, right) => left - right))
    expect(numbers[0]).to.equal(1)
    for (const { name } of migrations) expect(name).to.match(/^\d{3}-[a-z0-9-]+\.sql$/)
  })

  it('have every placeholder filled in', () => {
    for (const { name, text } of migrations) expect(text, name).to.not.match(/\{\{|\}\}/)
  })

  it('create the columns used by COPY, in the same order', () => {
    const create = migrations.map(({ text }) => text).join('\n')
    const body = /CREATE TABLE "my_table" \(([^;]*)\)/.exec(create)?.[1] ?? ''
    const columns = [...body.matchAll(/^ {2}([a-z_]+) /gm)].map(([, column]) => column)
    expect(columns).to.deep.equal([...schema.columns.map(({ name }) => name), 'stored_at'])
  })
})
