import type { ColumnValue } from '../../ledger/table-schema.ts'
import type { DeclaredColumn } from '../declaration/declaration.ts'
import { toColumnValue, ValueFault } from '../decode/column-value.ts'
import { parseExactJson } from '../decode/exact-json.ts'
import { isDeeperThan } from '../decode/scan-json.ts'
import type { FieldText } from './delimited/delimited-line.ts'

/** The texts that Postgres reads as booleans, in lower case. */
const booleans = new Map([
  ...['t', 'true', 'y', 'yes', 'on', '1'].map((text) => [text, true] as const),
  ...['f', 'false', 'n', 'no', 'off', '0'].map((text) => [text, false] as const),
])

export const booleanOfText = (text: string): boolean | undefined =>
  booleans.get(text) ?? booleans.get(text.toLowerCase())

/** Deeper values could exceed the stack of the worker or of Postgres. */
const maxDepth = 500

/**
 * The value of a column from the text of a field; undefined if the field is empty. For the type `text` a quoted
 * empty field is an empty text; for the other types it counts as empty.
 */
export function valueOfField(
  column: DeclaredColumn,
  field: FieldText,
): ColumnValue | ValueFault | undefined {
  if (field === null) return undefined
  const { type } = column
  if (type === 'text') return toColumnValue(column, field.text)
  const text = field.text.trim()
  if (text === '') return undefined
  switch (type) {
    case 'boolean':
      return toColumnValue(column, booleanOfText(text) ?? text)
    case 'json':
      return valueOfJson(column, text)
    default:
      return toColumnValue(column, text)
  }
}

function valueOfJson(column: DeclaredColumn, text: string): ColumnValue | ValueFault {
  if (isDeeperThan(maxDepth, text))
    return new ValueFault('too-deep', `is nested more than ${maxDepth} levels deep.`)
  try {
    return toColumnValue(column, parseExactJson(text))
  } catch (error) {
    return new ValueFault('not-json', `is not JSON: ${(error as Error).message}.`)
  }
}
