import type pg from 'pg'
import type { TableSchema } from '../../../../ledger/table-schema.ts'
import type { ResultTable } from '../../../../ledger/tasks/result-tables.ts'
import type { TargetTable, TaskTarget } from '../../../../ledger/tasks/target.ts'
import type { JsonRow, ResultPart, TaskFault } from '../../../../ledger/tasks/task.ts'
import { sqlStatement } from '../../sql-file.ts'
import { createTable } from '../../tables/create-table.ts'
import { describeRefusal, isRefusal } from './refusals.ts'

/** A table that a task writes, in the schema `data`. */
export type WrittenTable = Pick<TargetTable, 'name' | 'key' | 'onConflict'> & {
  /** The columns that the rows of the task set. */
  readonly fields: readonly string[]
  readonly isRefreshed: boolean
  /** Equal for tables that are written by the same statement. */
  readonly shape: string
}

type Target = Extract<TaskTarget, { kind: 'table' | 'tables' }>
type Column = { readonly name: string | null; readonly is_generated: boolean | null }

/** The names of the columns of a table. */
type Columns = ReadonlySet<string>

/** How many combinations of fields are kept for a pipeline. */
const maxKnown = 1_000

/** A table with fields. `name` is different for each of them. */
type Fields = { readonly table: string; readonly fields: readonly string[]; readonly name: string }

/**
 * Table and fields of a result with one part whose rows are added and all have the same fields. Otherwise undefined.
 *
 * @param latest is returned if it is equal: most results have the same fields as the one before
 */
function fieldsOf(parts: readonly ResultPart[], latest: Fields | undefined): Fields | undefined {
  const part = parts.length === 1 ? parts[0] : undefined
  const first = part?.rows[0]
  if (part === undefined || first === undefined || part.refresh) return undefined
  const { table, rows } = part
  const isLatest = latest?.table === table && hasFields(first, latest.fields)
  const found = isLatest ? latest : toFields(table, Object.keys(first))
  return rows.every((row) => hasFields(row, found.fields)) ? found : undefined
}

const toFields = (table: string, fields: readonly string[]): Fields => {
  return { table, fields, name: JSON.stringify([table, fields]) }
}

function hasFields(row: JsonRow, fields: readonly string[]): boolean {
  let index = 0
  for (const name in row) if (name !== fields[index++]) return false
  return index === fields.length
}

const withoutKey: Pick<TargetTable, 'key' | 'onConflict'> = {
  key: [],
  onConflict: { kind: 'keep' },
}

/** Names as in declarations. */
const tableName = /^[a-z][a-z0-9_]{0,62}$/

/** Checks the tables of results, and creates missing ones. Remembers what it has seen. */
export class TargetTables {
  readonly #pool: pg.Pool
  /** The names of the columns of each table that exists. */
  readonly #columns = new Map<string, Columns>()
  /** The tables that no other pipeline writes, as `PIPELINE TABLE`. */
  readonly #checkedOwners = new Set<string>()
  /** Tables that were checked, by their name and the fields of the rows. */
  #known = new WeakMap<Target, Map<string, readonly WrittenTable[]>>()
  #latest: Fields | undefined

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Forgets all tables. After a user has changed one. */
  forget(): void {
    this.#columns.clear()
    this.#checkedOwners.clear()
    this.#known = new WeakMap()
  }

  /** The table of a result with one part, if such a result with the same fields was checked before. */
  find(target: Target, parts: readonly ResultPart[]): readonly WrittenTable[] | undefined {
    const known = this.#known.get(target)
    const fields = fieldsOf(parts, this.#latest)
    if (fields === undefined) return undefined
    this.#latest = fields
    return known?.get(fields.name)
  }

  /** Later calls of `find` return the checked table for results with the same fields. */
  remember(target: Target, parts: readonly ResultPart[], tables: readonly WrittenTable[]): void {
    const fields = fieldsOf(parts, undefined)
    if (fields === undefined) return
    const known = this.#known.get(target) ?? new Map<string, readonly WrittenTable[]>()
    this.#known.set(target, known)
    if (known.size < maxKnown) known.set(fields.name, tables)
  }

  /** Returns the table to write, or what is wrong with the result. */
  async check(
    pipeline: string,
    target: Target,
    table: ResultTable,
  ): Promise<WrittenTable | TaskFault> {
    const misplaced = faultOfName(target, table) ?? (await this.#faultOfOwner(pipeline, table))
    if (misplaced !== undefined) return misplaced
    const columns = (await this.#columnsOf(table)) ?? (await this.#create(target, table))
    if (isFault(columns)) return columns
    const fields = [...table.fields.keys()]
    const unknown = fields.find((field) => !columns.has(field))
    if (unknown !== undefined) return unknownField(table, unknown, columns)
    const { name, isRefreshed } = table
    const rule = target.kind === 'table' ? target.table : withoutKey
    const { key, onConflict } = rule
    const shape = JSON.stringify([name, fields, key, onConflict])
    return { name, isRefreshed, fields, key, onConflict, shape }
  }

  /** Undefined: there is no such table. Reads the columns again if a field is unknown. */
  async #columnsOf({ name, fields }: ResultTable): Promise<Columns | undefined> {
    const known = this.#columns.get(name)
    if (known !== undefined && [...fields.keys()].every((field) => known.has(field))) return known
    const { rows } = await this.#pool.query<Column>(sqlStatement('target-table'), [name])
    if (rows.length === 0) return undefined
    const columns = new Set(
      rows.flatMap((row) => (row.name === null || row.is_generated === true ? [] : [row.name])),
    )
    this.#columns.set(name, columns)
    return columns
  }

  async #create(target: Target, table: ResultTable): Promise<Columns | TaskFault> {
    const { name, fields, isRefreshed } = table
    const obstacle = faultOfCreation(target, table)
    if (obstacle !== undefined) return obstacle
    if (fields.size === 0 && !isRefreshed) return new Set()
    try {
      await createTable(this.#pool, schemaOf(target, table))
    } catch (error) {
      if (!isRefusal(error)) throw error
      // Another worker may have created it at the same time.
      const present = await this.#columnsOf(table)
      return present ?? fault(`The table "${name}" cannot be created: ${describeRefusal(error)}`)
    }
    return (await this.#columnsOf(table)) ?? fault(`The table "${name}" was dropped meanwhile.`)
  }

  async #faultOfOwner(pipeline: string, { name }: ResultTable): Promise<TaskFault | undefined> {
    const pair = `${pipeline} ${name}`
    if (this.#checkedOwners.has(pair)) return undefined
    const { rows } = await this.#pool.query<{ name: string }>(sqlStatement('owner-of-table'), [
      pipeline,
      name,
    ])
    const [owner] = rows
    if (owner?.name === pipeline)
      return fault(
        `The pipeline reads the table "${name}" (reads), so its own rows would start it again without end. Write to another table.`,
      )
    if (owner !== undefined)
      return fault(
        `The table "${name}" belongs to the pipeline "${owner.name}". Write to another table.`,
      )
    this.#checkedOwners.add(pair)
    return undefined
  }
}

/** Why the table cannot be created from the rows. */
function faultOfCreation(target: Target, table: ResultTable): TaskFault | undefined {
  const { name, fields, isRefreshed } = table
  if (target.kind === 'tables' && !target.mayCreate)
    return fault(
      `There is no table "${name}" in the schema data. Create it, or let the pipeline create its tables.`,
    )
  if (fields.size === 0 && isRefreshed)
    return fault(`There is no table "${name}", and no row from which it could be created.`)
  const unusable = [...fields.keys()].find((field) => field === '' || field.includes('"'))
  return unusable === undefined
    ? undefined
    : fault(`The field ${JSON.stringify(unusable)} cannot be the name of a column.`)
}

function schemaOf(target: Target, { name, fields }: ResultTable): TableSchema<unknown> {
  return {
    ...{ table: name, databaseSchema: 'data', conflictDetail: '' },
    columns: [...fields].map(([field, type]) => {
      return { name: field, type, comment: '', isCompared: true, valueOf: () => null }
    }),
    key: target.kind === 'table' ? target.table.key : [],
    onConflict: { kind: 'keep' },
  }
}

const isFault = (value: Columns | TaskFault): value is TaskFault => 'code' in value

/** A fault of the result. */
export function fault(message: string): TaskFault {
  return { code: 'bad-result', message, stack: undefined }
}

function faultOfName(target: Target, { name }: ResultTable): TaskFault | undefined {
  if (target.kind === 'table' && name !== target.table.name)
    return fault(
      `The result names the table "${name}". The pipeline writes "${target.table.name}".`,
    )
  if (tableName.test(name) && !name.startsWith('pg_')) return undefined
  return fault(
    `The result names the table ${JSON.stringify(name)}. Expected a table of the schema data by its name only: lower-case letters, digits and _.`,
  )
}

function unknownField({ name }: ResultTable, field: string, columns: Columns): TaskFault {
  const list = [...columns].join(', ')
  return fault(
    `The field ${JSON.stringify(field)} of the result has no column in the table "${name}". Its columns are: ${list}.`,
  )
}
