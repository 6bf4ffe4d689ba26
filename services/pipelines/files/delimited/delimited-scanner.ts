import { decodeUtf8 } from '../utf8.ts'

/** How the lines of a file are divided into fields. */
export type DelimitedFormat = {
  /** One ASCII character, e.g. `,`. */
  readonly delimiter: string
  /**
   * The character around fields that hold delimiters or line breaks. Inside such a field it is written
   * twice. Undefined if fields have no quotes and no escapes.
   */
  readonly quote: string | undefined
}

/** Why the fields of a line cannot be read. */
export type LineFault =
  /** A quote inside a field that does not begin with one, or text after the closing quote. */
  | 'bad-quote'
  /** A quoted field has no end within `maxLineBytes`, or in the file. */
  | 'quote-not-closed'
  | 'too-long'

/** Where the fields of a line are. The arrays have places for more fields than `fieldCount`. */
export type ScannedLine = {
  readonly bytes: Uint8Array
  /** The first line of the file is 1. A line break inside quotes counts, too. */
  readonly line: number
  /** The text of the line in `bytes`, without its line break. */
  readonly begin: number
  readonly end: number
  /** Where the next line begins, after the line break. */
  readonly next: number
  /** Whether the bytes are known to be UTF-8 without NUL. If not, each field has to be checked. */
  readonly isText: boolean
  /** Whether the bytes may have carriage returns. */
  readonly mayHaveReturns: boolean
  readonly fault: LineFault | undefined
  readonly fieldCount: number
  /** The fields without their quotes. */
  readonly begins: Int32Array
  readonly ends: Int32Array
  /** What the quotes of each field mean: see `quoting`. */
  readonly quotings: Uint8Array
}

export const quoting = {
  none: 0,
  quoted: 1,
  /** Quoted, with quotes inside that are written twice. */
  escaped: 2,
} as const

const [lineFeed, carriageReturn] = [0x0a, 0x0d]
const initialFields = 64
/** Results of scanning a field that are not a position. */
const [needsMore, badQuote, notClosed] = [-1, -2, -3]

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * Divides the bytes of a delimited file into lines and fields, without making values of them. Delimiter,
 * quote and line break are ASCII characters, so the bytes have to be UTF-8 or another encoding that uses
 * the bytes of ASCII for ASCII only.
 *
 * A line that cannot be read does not affect the lines after it: the scanner continues at the next line
 * break, even if it is inside quotes.
 */
export class DelimitedScanner {
  readonly #delimiter: number
  readonly #quote: number
  readonly #maxLineBytes: number
  readonly #line: Mutable<ScannedLine>
  #bytes: Uint8Array = new Uint8Array(0)
  /** Where the next line begins in the bytes. */
  #at = 0
  /** The bytes from `at` to this position are UTF-8 without NUL. */
  #textEnd = 0
  #hasReturns = true
  #nextLine: number
  /** Line breaks inside the quotes of the current line. */
  #innerBreaks = 0
  /** Whether the next bytes are the rest of a line that is too long. */
  #isSkipping = false
  #isEnded = false

  /**
   * @param maxLineBytes longer lines are reported as `too-long`
   * @param firstLine the number of the first line of the bytes
   */
  constructor({ delimiter, quote }: DelimitedFormat, maxLineBytes: number, firstLine = 1) {
    this.#nextLine = firstLine
    this.#delimiter = delimiter.charCodeAt(0)
    this.#quote = quote === undefined ? -1 : quote.charCodeAt(0)
    this.#maxLineBytes = maxLineBytes
    this.#line = {
      ...{ bytes: this.#bytes, line: 0, begin: 0, end: 0, next: 0 },
      ...{ isText: false, mayHaveReturns: true },
      ...{ fault: undefined, fieldCount: 0 },
      begins: new Int32Array(initialFields),
      ends: new Int32Array(initialFields),
      quotings: new Uint8Array(initialFields),
    }
  }

  /** Adds the next bytes of the file. Call it when `next` has returned undefined. */
  push(chunk: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at)
    this.#at = 0
    this.#bytes = chunk
    if (rest.length > 0) {
      this.#bytes = new Uint8Array(rest.length + chunk.length)
      this.#bytes.set(rest)
      this.#bytes.set(chunk, rest.length)
    }
    this.#checkText()
  }

  /** Checks complete lines together, which is much faster than one field after another. */
  #checkText(): void {
    const end = this.#bytes.lastIndexOf(lineFeed) + 1
    const text = decodeUtf8(this.#bytes, 0, end)
    const isText = text?.includes('\0') === false
    this.#textEnd = isText ? end : 0
    this.#hasReturns = text?.includes('\r') !== false
  }

  /** Says that all bytes were pushed: the last line may have no line break. */
  end(): void {
    this.#isEnded = true
  }

  /** The next line, valid until the next call; undefined if more bytes are needed, or at the end. */
  next(): ScannedLine | undefined {
    if (this.#isSkipping) this.#skip()
    if (this.#at >= this.#bytes.length) return undefined
    const line = this.#line
    line.bytes = this.#bytes
    line.line = this.#nextLine
    line.begin = this.#at
    line.fieldCount = 0
    this.#innerBreaks = 0
    for (let at = this.#at; ;) {
      const end = this.#bytes[at] === this.#quote ? this.#scanQuoted(at) : this.#scanPlain(at)
      if (end === badQuote) return this.#endAtBreak('bad-quote')
      if (end === notClosed) return this.#endAtBreak('quote-not-closed')
      if (end === needsMore) return this.#waitForMore()
      if (this.#bytes[end] !== this.#delimiter) return this.#complete(end)
      at = end + 1
    }
  }

  /** Scans a field without quotes. @returns where it ends */
  #scanPlain(begin: number): number {
    const bytes = this.#bytes
    const [delimiter, quote] = [this.#delimiter, this.#quote]
    let at = begin
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === delimiter || byte === lineFeed) break
      if (byte === quote) return badQuote
    }
    if (at === bytes.length && !this.#isEnded) return needsMore
    const isLast = bytes[at] !== delimiter
    const hasReturn = isLast && at > begin && bytes[at - 1] === carriageReturn
    this.#addField(begin, hasReturn ? at - 1 : at, quoting.none)
    return at
  }

  /** Scans a field that begins with a quote. @returns the delimiter or line break after it */
  #scanQuoted(begin: number): number {
    const bytes = this.#bytes
    const quote = this.#quote
    let isEscaped = false
    let at = begin + 1
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (byte === lineFeed) this.#innerBreaks += 1
      if (byte !== quote) continue
      if (bytes[at + 1] !== quote) break
      isEscaped = true
      at += 1
    }
    const isCut = at + 1 >= bytes.length && !this.#isEnded
    if (at - this.#line.begin > this.#maxLineBytes) return notClosed
    if (isCut) return needsMore
    if (at >= bytes.length) return notClosed
    this.#addField(begin + 1, at, isEscaped ? quoting.escaped : quoting.quoted)
    return this.#afterQuote(at + 1)
  }

  #afterQuote(at: number): number {
    const bytes = this.#bytes
    const end = bytes[at] === carriageReturn && bytes[at + 1] !== this.#delimiter ? at + 1 : at
    if (end === bytes.length) return this.#isEnded ? end : needsMore
    return bytes[end] === this.#delimiter || bytes[end] === lineFeed ? end : badQuote
  }

  #addField(begin: number, end: number, fieldQuoting: number): void {
    const line = this.#line
    const index = line.fieldCount
    if (index === line.begins.length) this.#makeRoom()
    line.begins[index] = begin
    line.ends[index] = end
    line.quotings[index] = fieldQuoting
    line.fieldCount += 1
  }

  #makeRoom(): void {
    const line = this.#line
    const { begins, ends, quotings } = line
    line.begins = new Int32Array(2 * begins.length)
    line.ends = new Int32Array(2 * ends.length)
    line.quotings = new Uint8Array(2 * quotings.length)
    line.begins.set(begins)
    line.ends.set(ends)
    line.quotings.set(quotings)
  }

  /** @param at the line break, or the end of the bytes */
  #complete(at: number): ScannedLine {
    const { begin } = this.#line
    this.#at = Math.min(at + 1, this.#bytes.length)
    this.#nextLine += 1 + this.#innerBreaks
    return this.#report(at, at - begin > this.#maxLineBytes ? 'too-long' : undefined)
  }

  /** Ends a line that cannot be read at its first line break. */
  #endAtBreak(fault: LineFault): ScannedLine | undefined {
    const found = this.#bytes.indexOf(lineFeed, this.#line.begin)
    if (found === -1 && !this.#isEnded) return this.#waitForMore()
    const at = found === -1 ? this.#bytes.length : found
    this.#at = Math.min(at + 1, this.#bytes.length)
    this.#nextLine += 1
    return this.#report(at, fault)
  }

  /** Reports an incomplete line only if it is too long already. */
  #waitForMore(): ScannedLine | undefined {
    const { begin } = this.#line
    if (this.#bytes.length - begin <= this.#maxLineBytes) return undefined
    this.#isSkipping = true
    // One byte more than the limit, so that the line is also too long if it is scanned again.
    this.#at = begin + this.#maxLineBytes + 1
    return this.#report(this.#at, 'too-long')
  }

  #report(at: number, fault: LineFault | undefined): ScannedLine {
    const line = this.#line
    const hasReturn = at > line.begin && this.#bytes[at - 1] === carriageReturn
    line.end = hasReturn ? at - 1 : at
    // The same text, however the bytes are divided into chunks.
    if (fault === 'too-long') line.end = line.begin + this.#maxLineBytes
    line.next = this.#at
    line.isText = line.next <= this.#textEnd
    line.mayHaveReturns = this.#hasReturns || !line.isText
    line.fault = fault
    return line
  }

  #skip(): void {
    const found = this.#bytes.indexOf(lineFeed, this.#at)
    this.#at = found === -1 ? this.#bytes.length : found + 1
    if (found === -1) return
    this.#isSkipping = false
    this.#nextLine += 1
  }
}
