import type { DecodedEntry, SourceRecord } from '../../ledger/batch.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import type { Declaration, DeclaredColumn } from '../declaration/declaration.ts'
import { isStorableTime, toIsoMicroseconds } from '../../telemetry/time.ts'
import { toColumnValue, ValueFault } from './column-value.ts'
import { parseExactJson } from './exact-json.ts'
import type { RefusalCode } from './refusal-codes.ts'
import { isDeeperThan } from './scan-json.ts'

/** A row of a declared table: the values in the order of the columns, and the position of the record. */
export type DeclaredRow = RecordPosition & {
  readonly values: readonly ColumnValue[]
  /** The row as `RecordEncoder` has encoded it. */
  readonly encoded?: EncodedRow
}

/** The part of a declaration that says how records become rows. */
export type DecodedFields = Pick<Declaration, 'columns' | 'unknownFields'>

/** Why a record becomes a dead letter. */
type Refusal = { readonly code: RefusalCode; readonly detail: string }
type Fields = Readonly<Record<string, unknown>>

/** Decodes a record of the topic of a declared pipeline into a row, or into a refusal with its reason. */
export function decodeRecord(
  declaration: DecodedFields,
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

/**
 * The value of one column of a record; undefined if the record becomes a dead letter because of it.
 *
 * @param column not the one that gets the unknown fields
 */
export function columnValueOf(
  column: DeclaredColumn,
  record: SourceRecord,
): ColumnValue | undefined {
  const fields = column.source.kind === 'field' ? fieldsOf(record.value) : {}
  if (isRefusal(fields)) return undefined
  const value = valueOf(column, givenValue(column, record, fields))
  return isRefusal(value) ? undefined : value
}

function valuesOf(declaration: DecodedFields, record: SourceRecord): ColumnValue[] | Refusal {
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

/** Deeper values could exceed the stack of the worker or of Postgres. */
const maxDepth = 500

const utf8 = new TextDecoder('utf-8', { fatal: true })

function fieldsOf(value: Uint8Array | null): Fields | Refusal {
  if (value === null) return new RefusedRecord('no-value', 'The record has no value.')
  const text = textOf(value, 'value')
  if (isRefusal(text)) return text
  if (isDeeperThan(maxDepth, text)) {
    const detail = `The value has arrays or objects that are nested more than ${maxDepth} levels deep.`
    return new RefusedRecord('too-deep', detail)
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
  const hint = /^\s*\{\s*'/.test(text) ? ' JSON needs double quotes.' : ''
  return `${(error as Error).message}.${hint}`
}

/** The fields that no column reads, or undefined if there are none. */
function unknownFieldsOf(
  { unknownFields, columns }: DecodedFields,
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
      return record.key === null ? undefined : textOf(record.key, 'key of the record')
    case 'header':
      return headerOf(record, source.name)
    case 'headers':
      return headersOf(record)
    case 'time':
      return timeOf(record)
    default:
      return source satisfies never
  }
}

/** A time as a text, because columns are converted from the values of JSON. */
function timeOf({ appendedAt }: SourceRecord): string | Refusal | undefined {
  if (appendedAt === noTime) return undefined
  if (isStorableTime(appendedAt)) return toIsoMicroseconds(appendedAt)
  const milliseconds = appendedAt / 1_000
  const detail = `The time of the record is ${milliseconds} ms after 1970-01-01; expected a time in the years 0001 to 9999.`
  return new RefusedRecord('out-of-range', detail)
}

/** A producer may send a record without a time. Kafka then has -1 ms. */
const noTime = -1_000

/** The values of all headers by name; a list of values for a name that is repeated. */
function headersOf({ headers }: SourceRecord): object | Refusal {
  const values = new Map<string, string | string[]>()
  for (const [name, bytes] of headers) {
    const value = textOf(bytes, `header "${name}"`)
    if (isRefusal(value)) return value
    const before = values.get(name)
    values.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(values)
}

function headerOf({ headers }: SourceRecord, name: string): string | Refusal | undefined {
  const found = headers.find(([each]) => each === name)
  return found && textOf(found[1], `header "${name}"`)
}

function fieldAt(fields: Fields, path: readonly string[]): unknown {
  let value: unknown = fields
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Fields)[name]
  }
  return value
}

/** @param name e.g. "key of the record" */
function textOf(bytes: Uint8Array, name: string): string | Refusal {
  try {
    return utf8.decode(bytes)
  } catch {
    return new RefusedRecord('not-utf8', `The ${name} is not valid UTF-8.`)
  }
}

function valueOf(column: DeclaredColumn, given: unknown): ColumnValue | Refusal {
  if (isRefusal(given)) return given
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
    case 'time':
      return 'time of the record'
    default:
      return `value of the column "${name}"`
  }
}
