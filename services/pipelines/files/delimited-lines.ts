import type { ColumnValue } from '../../ledger/table-schema.ts'
import type { FileFormat, FileStep } from '../declaration/task-declaration.ts'
import { ValueFault } from '../decode/column-value.ts'
import type { DeclaredRow } from '../decode/decode-record.ts'
import { defaultOf } from '../decode/encode-record.ts'
import { valueOfField } from './column-text.ts'
import type { FieldText, LineBytes } from './delimited-line.ts'
import { fieldTextOf, scanAgain } from './delimited-line.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { DelimitedScanner } from './delimited-scanner.ts'
import { FieldEncoder } from './field-encoder.ts'
import { FileFault } from './file-fault.ts'
import type { FieldColumn, FileLine, FileLines, LineOptions } from './lines.ts'
import { maxLineBytes } from './lines.ts'
import type { LineRefusal } from './line-faults.ts'
import { describeLineFault } from './line-faults.ts'

type Format = Extract<FileFormat, { kind: 'delimited' }>

/** How many fields a line has, and which field each column reads. */
type Layout = { readonly columns: readonly FieldColumn[]; readonly fieldCount: number }

/** The lines of a delimited file, e.g. CSV. */
export class DelimitedLines implements FileLines {
  readonly #options: LineOptions
  readonly #format: Format
  readonly #scanner: DelimitedScanner
  #layout: Layout | undefined
  #encoder: FieldEncoder | undefined
  #isEnded = false

  constructor(options: LineOptions, format: Format) {
    this.#options = options
    this.#format = format
    this.#scanner = new DelimitedScanner(format, maxLineBytes)
    if (!format.hasHeader) {
      const columns = options.step.columns.map((column, field) => ({ column, field }))
      this.#begin({ columns, fieldCount: columns.length })
    }
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk)
  }

  end(): void {
    this.#isEnded = true
    this.#scanner.end()
  }

  next(): FileLine | undefined {
    for (;;) {
      const line = this.#scanner.next()
      if (line === undefined) {
        if (this.#isEnded && this.#layout === undefined) throw new FileFault(this.#emptyFault)
        return undefined
      }
      if (line.begin === line.end) continue
      if (this.#layout === undefined) this.#begin(this.#readHeader(line))
      else return this.#toLine(line, this.#layout)
    }
  }

  get #emptyFault(): string {
    const names = this.#options.step.columns.map((column) => JSON.stringify(fieldOf(column)))
    return `The file is empty; expected a header with the fields ${names.join(', ')}.`
  }

  #begin(layout: Layout): void {
    const { task, hasPosition, encoder } = this.#options
    this.#layout = layout
    this.#encoder = FieldEncoder.create({ columns: layout.columns, task, hasPosition, encoder })
  }

  #readHeader(line: ScannedLine): Layout {
    const { quote = '' } = this.#format
    if (line.fault !== undefined) {
      const { detail } = describeLineFault(line.fault, quote, maxLineBytes)
      throw new FileFault(`The header cannot be read. ${detail}`)
    }
    const names = Array.from({ length: line.fieldCount }, (_, index) => {
      const field = fieldTextOf(line, index, this.#format)
      if (field === undefined) throw new FileFault('The header is not valid UTF-8.')
      return field === null ? '' : field.text.trim()
    })
    const { columns, unknownFields } = this.#options.step
    const fields = columns.map((column) => ({ column, field: names.indexOf(fieldOf(column)) }))
    const missing = fields.filter(({ field }) => field === -1)
    if (missing.length > 0) {
      const list = missing.map(({ column }) => JSON.stringify(fieldOf(column))).join(', ')
      throw new FileFault(`The header has no field ${list}; its fields are ${shownNames(names)}.`)
    }
    const twice = fields.find(({ field }) => names.indexOf(names[field] ?? '', field + 1) !== -1)
    if (twice !== undefined)
      throw new FileFault(
        `The header has the field ${JSON.stringify(fieldOf(twice.column))} twice.`,
      )
    const known = new Set(fields.map(({ field }) => field))
    const unknown = names.filter((_, index) => !known.has(index))
    if (unknownFields.kind === 'reject' && unknown.length > 0)
      throw new FileFault(`The header has fields that no column reads: ${shownNames(unknown)}.`)
    return { columns: fields, fieldCount: names.length }
  }

  #toLine(line: ScannedLine, layout: Layout): FileLine {
    const { bytes, begin, end, line: offset } = line
    const place = { bytes, begin, end, offset }
    const refusal = this.#refusalOf(line, layout)
    if (refusal !== undefined) return { kind: 'refused', ...place, ...refusal }
    const { task: logId } = this.#options
    const at = { logId, partition: 0, offset }
    const encoded = this.#encoder?.encode(line)
    if (encoded !== undefined) {
      const decode = (): readonly ColumnValue[] => this.#decodeAgain(place, layout)
      return { kind: 'row', ...place, row: new EncodedLine(at, encoded, decode) }
    }
    const values = this.#valuesOf(line, layout)
    if ('code' in values) return { kind: 'refused', ...place, ...values }
    return { kind: 'row', ...place, row: { ...at, values } }
  }

  #refusalOf({ fault, fieldCount }: ScannedLine, layout: Layout): LineRefusal | undefined {
    if (fault !== undefined) return describeLineFault(fault, this.#format.quote ?? '', maxLineBytes)
    if (fieldCount === layout.fieldCount) return undefined
    const expected = this.#format.hasHeader ? 'the header has' : 'the columns are'
    return {
      code: 'field-count',
      detail: `The line has ${fieldCount} fields; ${expected} ${layout.fieldCount}.`,
    }
  }

  #valuesOf(line: ScannedLine, { columns }: Layout): ColumnValue[] | LineRefusal {
    const values: ColumnValue[] = []
    for (const { column, field } of columns) {
      const text = fieldTextOf(line, field, this.#format)
      const value = text === undefined ? notUtf8(column) : toValue(column, text)
      if (typeof value === 'object' && value !== null) return value
      values.push(value)
    }
    return values
  }

  #decodeAgain(place: LineBytes, layout: Layout): readonly ColumnValue[] {
    const values = this.#valuesOf(scanAgain(place, this.#format), layout)
    if (!('code' in values)) return values
    throw new Error(`A line was encoded that is refused: ${values.detail}`)
  }
}

/** The row of a line whose values are decoded only if they are needed. */
class EncodedLine implements DeclaredRow {
  readonly logId: number
  readonly partition: number
  readonly offset: number
  readonly encoded: NonNullable<DeclaredRow['encoded']>
  readonly #decode: () => readonly ColumnValue[]
  #values: readonly ColumnValue[] | undefined

  constructor(
    { logId, partition, offset }: Pick<DeclaredRow, 'logId' | 'partition' | 'offset'>,
    encoded: NonNullable<DeclaredRow['encoded']>,
    decode: () => readonly ColumnValue[],
  ) {
    this.logId = logId
    this.partition = partition
    this.offset = offset
    this.encoded = encoded
    this.#decode = decode
  }

  get values(): readonly ColumnValue[] {
    this.#values ??= this.#decode()
    return this.#values
  }
}

function fieldOf({ source, name }: FileStep['columns'][number]): string {
  return source.kind === 'field' ? (source.path[0] ?? name) : name
}

const notUtf8 = (column: FileStep['columns'][number]): LineRefusal => ({
  code: 'not-utf8',
  detail: `The field ${JSON.stringify(fieldOf(column))} is not valid UTF-8.`,
})

function toValue(column: FileStep['columns'][number], text: FieldText): ColumnValue | LineRefusal {
  const given = valueOfField(column, text)
  const name = JSON.stringify(fieldOf(column))
  if (given instanceof ValueFault)
    return { code: given.code, detail: `The field ${name} ${given.detail}` }
  if (given !== undefined) return given
  const fallback = defaultOf(column)
  if (fallback !== undefined) return fallback
  return { code: 'missing-field', detail: `The field ${name} is empty.` }
}

const mostNames = 20

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map((name) => JSON.stringify(name.slice(0, 80)))
  const others = names.length > mostNames ? ` and ${names.length - mostNames} others` : ''
  return shown.join(', ') + others
}
