import type { ColumnValue, EncodedRow } from '../../../ledger/table-schema.ts'
import type { FileStep } from '../../declaration/task-declaration.ts'
import { ValueFault } from '../../decode/column-value.ts'
import type { DeclaredRow } from '../../decode/decode-record.ts'
import { defaultOf } from '../../decode/encode-record.ts'
import { valueOfField } from '../column-text.ts'
import type { FieldText, LineBytes } from './delimited-line.ts'
import { fieldTextOf, scanAgain } from './delimited-line.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { FieldEncoder } from '../field-encoder.ts'
import type { LineRefusal } from '../line-faults.ts'
import { describeLineFault } from '../line-faults.ts'
import type { FileLine, LineOptions, RefusedLine } from '../lines.ts'
import { maxLineBytes } from '../lines.ts'
import { encodeValues } from '../encode-values.ts'
import { fieldOf } from './layout.ts'
import type { Format, Layout } from './layout.ts'

/** Makes rows of the lines of a delimited file. */
export class LineDecoder {
  readonly #options: LineOptions
  readonly #format: Format
  readonly #layout: Layout
  readonly #encoder: FieldEncoder | undefined

  constructor(options: LineOptions, format: Format, layout: Layout) {
    const { task, hasPosition, encoder } = options
    this.#options = options
    this.#format = format
    this.#layout = layout
    this.#encoder = FieldEncoder.create({ columns: layout.columns, task, hasPosition, encoder })
  }

  /** A row that is encoded, or a refused line. */
  encode(line: ScannedLine): EncodedRow | RefusedLine {
    const refusal = this.#refusalOf(line)
    if (refusal !== undefined) return toRefused(line, refusal)
    const encoded = this.#encoder?.encode(line)
    if (encoded !== undefined) return encoded
    const values = this.#valuesOf(line)
    return 'code' in values
      ? toRefused(line, values)
      : encodeValues(this.#options, values, line.line)
  }

  /** A row with its values, or a refused line. */
  decode(line: ScannedLine): FileLine {
    const { bytes, begin, end, line: offset } = line
    const place = { bytes, begin, end, offset }
    const refusal = this.#refusalOf(line)
    if (refusal !== undefined) return { kind: 'refused', ...place, ...refusal }
    const at = { logId: this.#options.task, partition: 0, offset }
    const encoded = this.#encoder?.encode(line)
    if (encoded !== undefined) {
      const decode = (): readonly ColumnValue[] => this.#decodeAgain(place)
      return { kind: 'row', ...place, row: new EncodedLine(at, encoded, decode) }
    }
    const values = this.#valuesOf(line)
    if ('code' in values) return { kind: 'refused', ...place, ...values }
    return { kind: 'row', ...place, row: { ...at, values } }
  }

  #refusalOf({ fault, fieldCount }: ScannedLine): LineRefusal | undefined {
    if (fault !== undefined) return describeLineFault(fault, this.#format.quote ?? '', maxLineBytes)
    if (fieldCount === this.#layout.fieldCount) return undefined
    const expected = this.#format.hasHeader ? 'the header has' : 'the columns are'
    return {
      code: 'field-count',
      detail: `The line has ${fieldCount} fields; ${expected} ${this.#layout.fieldCount}.`,
    }
  }

  #valuesOf(line: ScannedLine): ColumnValue[] | LineRefusal {
    const values: ColumnValue[] = []
    for (const { column, field } of this.#layout.columns) {
      const text = fieldTextOf(line, field, this.#format)
      const value = text === undefined ? notUtf8(column) : toValue(column, text)
      if (typeof value === 'object' && value !== null) return value
      values.push(value)
    }
    return values
  }

  #decodeAgain(place: LineBytes): readonly ColumnValue[] {
    const values = this.#valuesOf(scanAgain(place, this.#format))
    if (!('code' in values)) return values
    throw new Error(`A line was encoded that is refused: ${values.detail}`)
  }
}

const toRefused = (
  { bytes, begin, end, line: offset }: ScannedLine,
  refusal: LineRefusal,
): RefusedLine => ({ kind: 'refused', bytes, begin, end, offset, ...refusal })

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
