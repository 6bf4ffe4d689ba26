/**
 * Finds the fields of a flat JSON object in its bytes, without making texts and objects of them: that is
 * faster than `JSON.parse`.
 */

/** What a field holds. */
export const fieldKinds = { absent: 0, null: 1, true: 2, false: 3, text: 4, number: 5 } as const

type FieldKind = (typeof fieldKinds)[keyof typeof fieldKinds]

const [tab, newline, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20]
const [quotationMark, backslash, colon, comma, minus, point] = [0x22, 0x5c, 0x3a, 0x2c, 0x2d, 0x2e]
const [openBrace, closeBrace, zero, nine] = [0x7b, 0x7d, 0x30, 0x39]
const [letterE, letterF, letterN, letterT, upperCaseBit] = [0x65, 0x66, 0x6e, 0x74, 0x20]
const firstBeyondAscii = 0x80

/** Returned instead of an index: the scanner does not read this object. */
const unread = -1

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Scans the objects of one topic. The found fields are those of the latest object. */
export class ObjectScanner {
  /** What each field holds. The index is that of its name; the last one is for all other fields. */
  readonly kinds: Uint8Array
  /** Where each text begins (after its quotation mark), or each number. */
  readonly begins: Int32Array
  /** Where each text ends (at its quotation mark), or each number (exclusive). */
  readonly ends: Int32Array
  readonly #names: readonly Uint8Array[]
  /** The names in ASCII that JSON writes without escaped characters; undefined for other names. */
  readonly #plainNames: readonly (Uint8Array | undefined)[]
  readonly #ignoresUnknown: boolean
  #bytes: Uint8Array = new Uint8Array()
  /** Where the object ends (exclusive). */
  #end = 0
  #isAscii = true
  /** The index of the current name. */
  #name = 0
  /** The index of the name that probably comes next: objects of a topic have the same order of fields. */
  #nextName = 0

  /**
   * @param names names of the fields to find
   * @param ignoresUnknown whether objects with other fields are read
   */
  constructor(names: readonly string[], ignoresUnknown: boolean) {
    this.#names = names.map((name) => utf8.encode(name))
    this.#plainNames = this.#names.map((name) => (name.every(isPlain) ? name : undefined))
    this.#ignoresUnknown = ignoresUnknown
    this.kinds = new Uint8Array(names.length + 1)
    this.begins = new Int32Array(names.length + 1)
    this.ends = new Int32Array(names.length + 1)
  }

  /**
   * Finds the fields of the object from `begin` to `end` (exclusive), by default in all bytes. Of fields with
   * the same name the last one counts, as with `JSON.parse`.
   *
   * @returns false if the bytes are not a JSON object, or have something that is not read here: an array,
   *   an object in the object, an escaped character, or a number with an exponent
   */
  scan(bytes: Uint8Array, begin = 0, end = bytes.length): boolean {
    this.#bytes = bytes
    this.#end = end
    this.#isAscii = true
    this.#nextName = 0
    for (let field = 0; field < this.kinds.length; field += 1) this.kinds[field] = fieldKinds.absent
    const brace = this.#skipSpace(begin)
    if (this.#byteAt(brace) !== openBrace) return false
    const first = this.#skipSpace(brace + 1)
    const isEmpty = this.#byteAt(first) === closeBrace
    const last = isEmpty ? first : this.#scanFields(first)
    if (last === unread || this.#skipSpace(last + 1) !== end) return false
    return this.#hasOnlyAscii() || isUtf8(bytes.subarray(begin, end))
  }

  /** A method, because TypeScript does not see that the scan may have changed the field. */
  #hasOnlyAscii(): boolean {
    return this.#isAscii
  }

  /** Returns the index of the brace that closes the object. */
  #scanFields(begin: number): number {
    let at = begin
    for (;;) {
      const value = this.#scanName(at)
      const end = value === unread ? unread : this.#scanValue(value)
      if (end === unread) return unread
      at = this.#skipSpace(end)
      const separator = this.#byteAt(at)
      if (separator === closeBrace) return at
      if (separator !== comma) return unread
      at = this.#skipSpace(at + 1)
    }
  }

  /** Returns the index of the value. */
  #scanName(begin: number): number {
    if (this.#byteAt(begin) !== quotationMark) return unread
    const expectedEnd = this.#endOfExpectedName(begin + 1)
    const end = expectedEnd === unread ? this.#endOfText(begin + 1) : expectedEnd
    if (end === unread) return unread
    this.#name = expectedEnd === unread ? this.#indexOfName(begin + 1, end) : this.#nextName - 1
    if (this.#name === this.#names.length && !this.#ignoresUnknown) return unread
    const at = this.#skipSpace(end + 1)
    return this.#byteAt(at) === colon ? this.#skipSpace(at + 1) : unread
  }

  /**
   * The index of the quotation mark after the name that probably comes next, or `unread` if another name
   * is there. A name is compared as it is in the bytes, so one with a quotation mark, an escaped or a
   * control character is not found here.
   */
  #endOfExpectedName(begin: number): number {
    const name = this.#plainNames[this.#nextName]
    if (name === undefined) return unread
    const end = begin + name.length
    if (this.#byteAt(end) !== quotationMark || !this.#isAt(begin, end, name)) return unread
    this.#nextName += 1
    return end
  }

  #indexOfName(begin: number, end: number): number {
    const count = this.#names.length
    for (let tried = 0; tried < count; tried += 1) {
      const index = (this.#nextName + tried) % count
      if (this.#isAt(begin, end, this.#names[index] as Uint8Array)) {
        this.#nextName = index + 1
        return index
      }
    }
    return count
  }

  /** Returns the index after the value. */
  #scanValue(begin: number): number {
    switch (this.#byteAt(begin)) {
      case quotationMark: {
        const end = this.#endOfText(begin + 1)
        if (end === unread) return unread
        this.#note(fieldKinds.text, begin + 1, end)
        return end + 1
      }
      case letterT:
        return this.#scanWord(fieldKinds.true, begin)
      case letterF:
        return this.#scanWord(fieldKinds.false, begin)
      case letterN:
        return this.#scanWord(fieldKinds.null, begin)
      default: {
        const end = this.#endOfNumber(begin)
        if (end !== unread) this.#note(fieldKinds.number, begin, end)
        return end
      }
    }
  }

  #scanWord(kind: keyof typeof words, begin: number): number {
    const word = words[kind]
    const end = begin + word.length
    if (!this.#isAt(begin, end, word)) return unread
    this.#note(kind, begin, end)
    return end
  }

  /** Whether the bytes from `begin` to `end` (exclusive) are those of a word. */
  #isAt(begin: number, end: number, word: Uint8Array): boolean {
    const bytes = this.#bytes
    if (end - begin !== word.length || end > this.#end) return false
    for (let index = 0; index < word.length; index += 1) {
      if (bytes[begin + index] !== word[index]) return false
    }
    return true
  }

  #note(kind: FieldKind, begin: number, end: number): void {
    this.kinds[this.#name] = kind
    this.begins[this.#name] = begin
    this.ends[this.#name] = end
  }

  /** The index of the quotation mark that ends a text; `unread` if it has an escaped or control character. */
  #endOfText(begin: number): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = begin
    for (;;) {
      while (at < end && isPlainByte[bytes[at] as number] === 1) at += 1
      if (at >= end) return unread
      const byte = bytes[at] as number
      if (byte === quotationMark) return at
      if (byte < firstBeyondAscii) return unread
      this.#isAscii = false
      at += 1
    }
  }

  /** -1 after the end. */
  #byteAt(index: number): number {
    return index < this.#end ? (this.#bytes[index] as number) : -1
  }

  #skipSpace(begin: number): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = begin
    while (at < end) {
      const byte = bytes[at] as number
      const isSpace = byte === space || byte === newline || byte === tab || byte === carriageReturn
      if (!isSpace) return at
      at += 1
    }
    return at
  }

  /** The index after a JSON number; `unread` for everything else and for a number with an exponent. */
  #endOfNumber(begin: number): number {
    const first = this.#byteAt(begin) === minus ? begin + 1 : begin
    let end = this.#endOfDigits(first)
    const hasLeadingZero = this.#byteAt(first) === zero && end > first + 1
    if (end === first || hasLeadingZero) return unread
    if (this.#byteAt(end) === point) {
      const fraction = end + 1
      end = this.#endOfDigits(fraction)
      if (end === fraction) return unread
    }
    return (this.#byteAt(end) | upperCaseBit) === letterE ? unread : end
  }

  #endOfDigits(begin: number): number {
    const bytes = this.#bytes
    const end = this.#end
    let at = begin
    while (at < end) {
      const byte = bytes[at] as number
      if (byte < zero || byte > nine) return at
      at += 1
    }
    return at
  }
}

const words = {
  [fieldKinds.null]: utf8.encode('null'),
  [fieldKinds.true]: utf8.encode('true'),
  [fieldKinds.false]: utf8.encode('false'),
}

const isPlain = (byte: number): boolean =>
  byte >= space && byte < firstBeyondAscii && byte !== quotationMark && byte !== backslash

/** 1 for each byte that needs no further check in a text. The index is the byte. */
const isPlainByte = Uint8Array.from({ length: 256 }, (_, byte) => (isPlain(byte) ? 1 : 0))

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes)
    return true
  } catch {
    return false
  }
}
