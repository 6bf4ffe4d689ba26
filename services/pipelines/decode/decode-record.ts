import type { DecodedEntry, SourceRecord } from '../../ledger/batch.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { ColumnValue } from '../../ledger/table-schema.ts'
import type { Declaration, DeclaredColumn } from '../declaration/declaration.ts'
import { toColumnValue, ValueFault } from './column-value.ts'
import { parseExactJson } from './exact-json.ts'
import type { RefusalCode } from './refusal-codes.ts'

/** A row of a declared table: the values in the order of the columns, and the position of the record. */
export type DeclaredRow = RecordPosition & { readonly values: readonly ColumnValue[] }

/** Why a record becomes a dead letter. */
type Refusal = { readonly code: RefusalCode; readonly detail: string }
type Fields = Readonly<Record<string, unknown>>

/** Decodes a record of the topic of a declared pipeline into a row, or into a refusal with its reason. */
export function decodeRecord(
  declaration: Declaration,
  record: SourceRecord,
  { logId, partition }: { readonly logId: number; readonly partition: number },
): DecodedEntry<DeclaredRow> {
  const { offset } = record
  const values = valuesOf(declaration, record)
  if (isRefusal(values)) {
    const { code, detail } = values
    return { kind: 'refused', offset, code, detail, original: record }
  }
  return { kind: 'row', offset, row: { values, logId, partition, offset }, original: record }
}

function valuesOf(declaration: Declaration, record: SourceRecord): ColumnValue[] | Refusal {
  const fields = fieldsOf(record.value)
  if (isRefusal(fields)) return fields
  const unknown = unknownFieldsOf(declaration, fields)
  if (isRefusal(unknown)) return unknown
  const values: ColumnValue[] = []
  for (const column of declaration.columns) {
    const isForUnknown =
      declaration.unknownFields.kind === 'column' && column.name === declaration.unknownFields.name
    const given = isForUnknown ? unknown : givenValue(column, record, fields)
    const value = valueOf(column, given)
    if (isRefusal(value)) return value
    values.push(value)
  }
  return values
}

function isRefusal(value: unknown): value is Refusal {
  return value instanceof RefusedRecord
}

/** A class, because the fields of a record may also be named `code` and `detail`. */
class RefusedRecord implements Refusal {
  readonly code: RefusalCode
  readonly detail: string
  constructor(code: RefusalCode, detail: string) {
    this.code = code
    this.detail = detail
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function fieldsOf(value: Uint8Array | null): Fields | Refusal {
  if (value === null) return new RefusedRecord('no-value', 'The record has no value.')
  let text: string
  try {
    text = utf8.decode(value)
  } catch {
    return new RefusedRecord('not-utf8', 'The value is not valid UTF-8.')
  }
  try {
    const parsed = parseExactJson(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Fields
    return new RefusedRecord('not-an-object', 'The value is JSON, but not an object.')
  } catch (error) {
    return new RefusedRecord('not-json', `The value is not JSON: ${describe(error, text)}`)
  }
}

function describe(error: unknown, text: string): string {
  if (error instanceof RangeError) return 'it is nested too deeply.'
  const hint = /^\s*\{\s*'/.test(text) ? ' JSON needs double quotes.' : ''
  return `${(error as Error).message}.${hint}`
}

/** The fields that no column reads, or undefined if there are none. */
function unknownFieldsOf(
  { unknownFields, columns }: Declaration,
  fields: Fields,
): Fields | undefined | Refusal {
  if (unknownFields.kind === 'ignore') return undefined
  const known = new Set(
    columns.flatMap(({ source }) => (source.kind === 'field' ? source.path.slice(0, 1) : [])),
  )
  if (unknownFields.kind === 'column') known.delete(unknownFields.name)
  const unknown = Object.entries(fields).filter(([name]) => !known.has(name))
  if (unknown.length === 0) return undefined
  if (unknownFields.kind === 'column') return Object.fromEntries(unknown)
  const names = unknown.map(([name]) => `"${name}"`).join(', ')
  return new RefusedRecord('unknown-field', `No column reads the fields ${names}.`)
}

function givenValue({ source }: DeclaredColumn, record: SourceRecord, fields: Fields): unknown {
  switch (source.kind) {
    case 'field':
      return fieldAt(fields, source.path)
    case 'key':
      return record.key === null ? undefined : decodeText(record.key)
    case 'header':
      return record.header(source.name)
    case 'headers':
      return Object.fromEntries(
        record.headers.map(([name, value]) => [name, decodeText(value)] as const),
      )
    case 'time':
      return new Date(record.appendedAt / 1000).toISOString()
    default:
      return source satisfies never
  }
}

function fieldAt(fields: Fields, path: readonly string[]): unknown {
  let value: unknown = fields
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Fields)[name]
  }
  return value
}

const lenientUtf8 = new TextDecoder('utf-8')

const decodeText = (bytes: Uint8Array): string => lenientUtf8.decode(bytes)

function valueOf(column: DeclaredColumn, given: unknown): ColumnValue | Refusal {
  const present = given ?? column.default
  if (present === undefined) {
    if (!column.required) return null
    return new RefusedRecord('missing-field', `The ${nameOf(column)} is missing.`)
  }
  const value = toColumnValue(column, present)
  if (!(value instanceof ValueFault)) return value
  return new RefusedRecord(value.code, `The ${nameOf(column)} ${value.detail}`)
}

function nameOf({ source, name }: DeclaredColumn): string {
  switch (source.kind) {
    case 'field':
      return `field "${source.path.join('.')}"`
    case 'header':
      return `header "${source.name}"`
    case 'key':
      return 'key of the record'
    default:
      return `value of the column "${name}"`
  }
}
