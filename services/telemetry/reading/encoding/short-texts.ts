const lastAscii = 0x7f
/** A power of two. */
const slots = 4_096

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Makes short texts of their bytes. Most of them were read before, and then it makes no new text. */
export class ShortTexts {
  /** The latest text of each slot. The hash of the bytes decides the slot. */
  readonly #texts: string[] = Array.from({ length: slots }, () => '')

  /** The text of the bytes from `begin` to `end` (exclusive), which are valid UTF-8. */
  textOf(bytes: Uint8Array, begin: number, end: number): string {
    let hash = 0
    for (let at = begin; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0
    const slot = (hash ^ (hash >>> 12)) & (slots - 1)
    const known = this.#texts[slot] as string
    if (known.length === end - begin && startsAt(known, bytes, begin)) return known
    const text = utf8.decode(bytes.subarray(begin, end))
    this.#texts[slot] = text
    return text
  }
}

/** Whether the characters of a text are in the bytes from `begin` on. False if one is not ASCII. */
function startsAt(text: string, bytes: Uint8Array, begin: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code !== bytes[begin + index] || code > lastAscii) return false
  }
  return true
}
