import { ExactNumber } from './exact-number.ts'
import type { ColumnType } from '../table-schema.ts'
import type { ResultPart } from './task.ts'

/** What the values of a field have in common. */
type FieldType = Extract<ColumnType, 'text' | 'numeric' | 'boolean' | 'timestamp' | 'json'>

/** What a result has for one table. */
export type ResultTable = {
  readonly name: string
  /** Whether the rows replace the content of the table. */
  readonly isRefreshed: boolean
  /** The names of the fields, sorted, with the column type that holds all their values. */
  readonly fields: ReadonlyMap<string, FieldType>
}

type FoundTable = { isRefreshed: boolean; readonly types: Map<string, FieldType | undefined> }

/** Collects the tables and fields of a result, part by part. */
export class ResultTables {
  readonly #tables = new Map<string, FoundTable>()

  add({ table, refresh, rows }: ResultPart): void {
    const unknown: FoundTable = { isRefreshed: false, types: new Map() }
    const found = this.#tables.get(table) ?? unknown
    this.#tables.set(table, found)
    found.isRefreshed ||= refresh
    for (const row of rows) {
      for (const name of Object.keys(row)) {
        found.types.set(name, joinTypes(found.types.get(name), typeOf(row[name])))
      }
    }
  }

  /** The tables by name. All transactions write tables in this order. */
  list(): ResultTable[] {
    const names = [...this.#tables.keys()].sort()
    return names.map((name) => {
      const { isRefreshed, types } = this.#tables.get(name) as FoundTable
      const sorted = [...types].sort(([left], [right]) => (left < right ? -1 : 1))
      const fields = sorted.map(([field, type]): [string, FieldType] => [field, type ?? 'text'])
      return { name, isRefreshed, fields: new Map(fields) }
    })
  }
}

/** Fields with values of several types are text; with objects they are JSON. */
function joinTypes(
  left: FieldType | undefined,
  right: FieldType | undefined,
): FieldType | undefined {
  if (left === undefined || right === undefined) return left ?? right
  if (left === right) return left
  return left === 'json' || right === 'json' ? 'json' : 'text'
}

/** A date and time with its offset from UTC, e.g. `2026-01-31T12:00:00.5Z`. */
const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** Undefined for null, which every type holds. */
function typeOf(value: unknown): FieldType | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined
    case 'number':
    case 'bigint':
      return 'numeric'
    case 'boolean':
      return 'boolean'
    case 'string':
      return timestampPattern.test(value) ? 'timestamp' : 'text'
    default:
      if (value === null) return undefined
      return value instanceof ExactNumber ? 'numeric' : 'json'
  }
}
