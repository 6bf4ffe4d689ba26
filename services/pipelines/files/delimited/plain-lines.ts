import type { CopyForm } from '../../../ledger/copy/copy-form.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { quoting } from './delimited-scanner.ts'
import type { LineOptions } from '../lines.ts'
import type { Format, Layout } from './layout.ts'
import type { PlainCheck } from './plain-values.ts'
import { plainCheckOf } from './plain-values.ts'

type CsvForm = Extract<CopyForm, { kind: 'csv' }>

const [lineFeed, carriageReturn, backslash, point] = [0x0a, 0x0d, 0x5c, 0x2e]
/** The quote of files without quotes: lines that have this character are not plain. */
const unusedQuote = '\x01'

/**
 * Finds lines that Postgres reads exactly as `LineDecoder` does. All others are decoded, so this class may
 * refuse more than needed, but never less. A property test compares both.
 */
export class PlainLines {
  readonly #checks: readonly PlainCheck[]
  readonly #hasQuote: boolean
  /** Lines that end with LF, and lines that end with CR and LF: one `COPY` cannot have both. */
  readonly #forms: { readonly lf: CsvForm; readonly crlf: CsvForm }

  private constructor(checks: readonly PlainCheck[], hasQuote: boolean, form: CsvForm) {
    this.#checks = checks
    this.#hasQuote = hasQuote
    this.#forms = { lf: form, crlf: { ...form } }
  }

  /** @returns undefined if the fields of the lines are not the columns of the table, or have a type that is always decoded */
  static create({
    options: { hasPosition, decodesAll = false },
    format: { delimiter, quote },
    layout: { columns, fieldCount },
  }: {
    readonly options: Pick<LineOptions, 'hasPosition' | 'decodesAll'>
    readonly format: Format
    readonly layout: Layout
  }): PlainLines | undefined {
    if (hasPosition || decodesAll || columns.length !== fieldCount) return undefined
    const inOrder = columns.toSorted((left, right) => left.field - right.field)
    const checks = inOrder.map(({ column }) => plainCheckOf(column))
    if (!checks.every((check) => check !== undefined)) return undefined
    const names = inOrder.map(({ column }) => column.name)
    const form = { kind: 'csv', columns: names, delimiter, quote: quote ?? unusedQuote } as const
    return new PlainLines(checks, quote !== undefined, form)
  }

  /** The form of the lines that end like this one. */
  formOf({ end, next }: Pick<ScannedLine, 'end' | 'next'>): CsvForm {
    return next - end === 2 ? this.#forms.crlf : this.#forms.lf
  }

  isPlain(line: ScannedLine, form: CopyForm): boolean {
    const checks = this.#checks
    if (!line.isText || line.fault !== undefined || line.fieldCount !== checks.length) return false
    if (!this.#hasPlainEnd(line, form)) return false
    if (!this.#hasQuote && line.bytes.subarray(line.begin, line.end).includes(1)) return false
    for (let index = 0; index < checks.length; index += 1) {
      if (!isPlainField(line, index, checks[index] as PlainCheck)) return false
    }
    return true
  }

  #hasPlainEnd({ bytes, begin, end, next }: ScannedLine, form: CopyForm): boolean {
    const breakBytes = form === this.#forms.crlf ? 2 : 1
    if (next - end !== breakBytes || bytes[next - 1] !== lineFeed) return false
    // A line with only these characters was the end of the data before Postgres 18.
    return !(end - begin === 2 && bytes[begin] === backslash && bytes[begin + 1] === point)
  }
}

function isPlainField(line: ScannedLine, index: number, check: PlainCheck): boolean {
  const begin = line.begins[index] as number
  const end = line.ends[index] as number
  const isQuoted = line.quotings[index] !== quoting.none
  if (begin === end) return isQuoted ? check.isEmptyTextPlain : check.isNullPlain
  if (!isQuoted && line.mayHaveReturns && hasReturn(line.bytes, begin, end)) return false
  return check.isPlain(line.bytes, begin, end)
}

function hasReturn(bytes: Uint8Array, begin: number, end: number): boolean {
  for (let at = begin; at < end; at += 1) if (bytes[at] === carriageReturn) return true
  return false
}
