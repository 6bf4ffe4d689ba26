import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { TableSchema } from '../../../../ledger/table-schema.ts'
import { positionColumnNames } from '../../../../ledger/table-schema.ts'
import { toColumnArrays } from './column-arrays.ts'
import type { OffsetRow } from '../copy-binary.ts'
import { tableStatements } from '../table-statements.ts'

/** Offsets that added no row. */
export type Unadded = {
  readonly updated: readonly number[]
  readonly duplicates: readonly number[]
  /** Neither added a row nor wrote the existing one. */
  readonly unwritten: readonly number[]
}

type Written = { readonly outcome: 'added' | 'updated' | 'duplicate'; readonly offsets: string }

/**
 * Merges rows with one prepared statement, without a temporary table. The outcome of a row is found by
 * the offset in its position, so the table must have a position.
 */
export class ArrayMerge<Row> {
  readonly #schema: TableSchema<Row>
  readonly #statement: { readonly name: string; readonly text: string }

  /** @param schema of a table with another conflict rule than `keep` */
  constructor(schema: TableSchema<Row>) {
    this.#schema = schema
    const text = tableStatements(schema).mergeArrays
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
    this.#statement = { name: `merge-arrays-${hash}`, text }
  }

  /** Whether the positions of the rows have the offsets of their records. In a grouped topic they may not. */
  canMerge(rows: readonly OffsetRow<Row>[]): boolean {
    const [, , offsetName] = positionColumnNames
    const column = this.#schema.columns.find(({ name }) => name === offsetName)
    return column !== undefined && rows.every(({ offset, row }) => column.valueOf(row) === offset)
  }

  /** Adds the rows whose keys are new, and applies the conflict rule to the others. Each key has one row. */
  async merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<Unadded> {
    const values = toColumnArrays(
      this.#schema,
      rows.map(({ row }) => row),
    )
    const { rows: written } = await client.query<Written>({ ...this.#statement, values })
    const withOutcome = (wanted: Written['outcome']): number[] =>
      toOffsets(written.find(({ outcome }) => outcome === wanted)?.offsets)
    const [added, updated] = [withOutcome('added'), withOutcome('updated')]
    const duplicates = withOutcome('duplicate')
    const unwritten = withoutOffsets(rows, [added, updated, duplicates])
    return { updated, duplicates, unwritten }
  }
}

/** The offsets of a list like `17,4,9`, ascending. */
function toOffsets(list: string | undefined): number[] {
  if (list === undefined) return []
  return list
    .split(',')
    .map(Number)
    .sort((a, b) => a - b)
}

function withoutOffsets(
  rows: readonly OffsetRow<unknown>[],
  lists: readonly (readonly number[])[],
): number[] {
  if (lists.reduce((sum, { length }) => sum + length, 0) === rows.length) return []
  const known = new Set(lists.flat())
  return rows.map(({ offset }) => offset).filter((offset) => !known.has(offset))
}
