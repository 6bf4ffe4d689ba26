const lineBreak = 0x0a

/**
 * Where the header ends: at the first line break that is outside quotes. Empty lines before the header belong to it.
 *
 * @param quote undefined: fields have no quotes
 * @returns -1 if the bytes do not hold the whole header
 */
export function findHeaderEnd(bytes: Uint8Array, quote: string | undefined): number {
  const quoteByte = quote?.charCodeAt(0)
  let [isQuoted, isEmpty] = [false, true]
  for (const [index, byte] of bytes.entries()) {
    if (byte === quoteByte) isQuoted = !isQuoted
    if (byte === lineBreak && !isQuoted && !isEmpty) return index
    if (byte !== lineBreak && byte !== 0x0d) isEmpty = false
  }
  return -1
}
