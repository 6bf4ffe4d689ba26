const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of bytes in UTF-8; undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array, begin: number, end: number): string | undefined {
  try {
    return utf8.decode(bytes.subarray(begin, end))
  } catch {
    return undefined
  }
}
