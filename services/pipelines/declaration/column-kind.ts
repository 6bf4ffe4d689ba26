import type { ColumnKind, ColumnType } from '../../ledger/table-schema.ts'

/** The limit of Postgres for the digits of a `numeric(p,s)`. */
const maxPrecision = 1_000

export const columnKindExpected =
  'text, integer, bigint, double, numeric, numeric(p,s), boolean, timestamp, date, uuid or json'

const plain: ReadonlySet<string> = new Set<ColumnType>([
  ...(['text', 'integer', 'bigint', 'double', 'numeric', 'boolean'] as const),
  ...(['timestamp', 'date', 'uuid', 'json'] as const),
])
const numericPattern = /^numeric\((\d{1,4}), ?(\d{1,4})\)$/

/** The kind that a text like `numeric(12,3)` names; undefined for every other text. */
export function parseColumnKind(text: string): ColumnKind | undefined {
  if (plain.has(text)) return { type: text as ColumnType }
  const match = numericPattern.exec(text)
  if (!match) return undefined
  const [precision, scale] = [Number(match[1]), Number(match[2])]
  const isPossible = precision >= 1 && precision <= maxPrecision && scale <= precision
  return isPossible ? { type: 'numeric', precision, scale } : undefined
}
