import { FileFault } from '../file-fault.ts'
import type { ObjectFormat } from './format.ts'

/** An array of objects, or one object. The line of an object is its number in the array; the first one is 1. */
export const json: ObjectFormat = { kind: 'text', toLines: toElements }

async function* toElements(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const splitter = new ArraySplitter()
  for await (const part of text) yield splitter.split(part)
  yield splitter.end()
}

const [tab, lineFeed, space, quote, backslash] = [0x09, 0x0a, 0x20, 0x22, 0x5c]
const [comma, openArray, closeArray, openObject, closeObject] = [0x2c, 0x5b, 0x5d, 0x7b, 0x7d]

type State =
  /** Before the array or the object. */
  | 'begin'
  /** After the `[`. */
  | 'first'
  /** After a comma. */
  | 'next'
  | 'element'
  /** After an element: a comma or the `]` follows. */
  | 'separator'
  /** Nothing may follow. */
  | 'end'

/**
 * Writes each element of a JSON array into a line. It keeps no element in memory. It does not check elements, because
 * the decoder of the lines does.
 */
class ArraySplitter {
  #state: State = 'begin'
  #isArray = true
  /** The arrays and objects of the element that are open. */
  #depth = 0
  #isInText = false
  #isEscaped = false
  #count = 0
  /** The number of bytes before the current one. */
  #at = 0
  #out = new Uint8Array(0)
  #length = 0

  /** The part of the text as lines. The last one may be incomplete. */
  split(part: Uint8Array): Uint8Array {
    // No byte becomes more than one: the comma or bracket after an element becomes the line break.
    this.#out = new Uint8Array(part.length)
    this.#length = 0
    for (const byte of part) {
      if (this.#state === 'element') this.#addToElement(byte)
      else if (byte > space) this.#addBetween(byte)
      this.#at += 1
    }
    return this.#out.subarray(0, this.#length)
  }

  /** The end of the last line. @throws FileFault if the text is not complete */
  end(): Uint8Array {
    switch (this.#state) {
      case 'end':
        return new Uint8Array(this.#isArray ? [] : [lineFeed])
      case 'begin':
        throw new FileFault('The file is empty; expected a JSON array of objects, or one object.')
      case 'element':
        throw new FileFault(`The file is not complete: it ends within element ${this.#count}.`)
      default:
        throw new FileFault(
          `The file is not complete: the "]" after element ${this.#count} is missing.`,
        )
    }
  }

  #addBetween(byte: number): void {
    switch (this.#state) {
      case 'begin':
        this.#begin(byte)
        return
      case 'separator':
        this.#separate(byte)
        return
      case 'end':
        throw this.#unexpected(
          byte,
          this.#isArray
            ? 'nothing after the array'
            : 'nothing after the object; declare map.format = "ndjson" for one object per line',
        )
      default:
        if (byte === closeArray && this.#state === 'first') this.#state = 'end'
        else this.#beginElement(byte)
    }
  }

  #begin(byte: number): void {
    if (byte === openArray) {
      this.#state = 'first'
      return
    }
    if (byte !== openObject) throw this.#unexpected(byte, 'a JSON array of objects, or one object')
    this.#isArray = false
    this.#beginElement(byte)
  }

  #beginElement(byte: number): void {
    if (byte === comma || byte === closeArray || byte === closeObject)
      throw this.#unexpected(byte, `element ${this.#count + 1}`)
    this.#count += 1
    this.#state = 'element'
    this.#addToElement(byte)
  }

  #addToElement(byte: number): void {
    if (this.#isInText) {
      this.#addToText(byte)
      return
    }
    // A number or a word ends here.
    if (this.#depth === 0 && (byte <= space || byte === comma || byte === closeArray)) {
      this.#endElement()
      if (byte > space) this.#separate(byte)
      return
    }
    this.#write(byte < space ? space : byte)
    this.#countDepth(byte)
  }

  #countDepth(byte: number): void {
    switch (byte) {
      case quote:
        this.#isInText = true
        return
      case openArray:
      case openObject:
        this.#depth += 1
        return
      case closeArray:
      case closeObject:
        this.#depth -= 1
        if (this.#depth <= 0) this.#endElement()
    }
  }

  #addToText(byte: number): void {
    // JSON allows no line break in a text. A tab is not allowed either, so the element is refused.
    this.#write(byte < space ? tab : byte)
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === backslash) this.#isEscaped = true
    else if (byte === quote) {
      this.#isInText = false
      if (this.#depth === 0) this.#endElement()
    }
  }

  #endElement(): void {
    this.#depth = 0
    this.#state = this.#isArray ? 'separator' : 'end'
  }

  #separate(byte: number): void {
    if (byte !== comma && byte !== closeArray)
      throw this.#unexpected(byte, `"," or "]" after element ${this.#count}`)
    this.#write(lineFeed)
    this.#state = byte === comma ? 'next' : 'end'
  }

  #write(byte: number): void {
    this.#out[this.#length] = byte
    this.#length += 1
  }

  #unexpected(byte: number, expected: string): FileFault {
    const isShown = byte > space && byte < 0x7f
    const found = isShown ? JSON.stringify(String.fromCharCode(byte)) : `the byte ${byte}`
    return new FileFault(
      `The file is not a JSON array: byte ${this.#at + 1} is ${found}; expected ${expected}.`,
    )
  }
}
