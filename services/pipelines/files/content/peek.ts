/** The first bytes of a content, and the whole content, which begins with them. */
type Peeked = {
  /** At least as many bytes as were asked for, if the content has them. */
  readonly start: Uint8Array
  readonly content: AsyncIterable<Uint8Array>
}

/** Reads the first bytes of a content, which can be read only once. */
export async function peek(content: AsyncIterable<Uint8Array>, bytes: number): Promise<Peeked> {
  const iterator = content[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  let length = 0
  while (length < bytes) {
    const result = await iterator.next()
    if (result.done === true) break
    parts.push(result.value)
    length += result.value.length
  }
  const [first] = parts
  const start = parts.length === 1 && first !== undefined ? first : joined(parts, length)
  return { start, content: restOf(start, iterator) }
}

async function* restOf(
  start: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start
    for (;;) {
      const result = await iterator.next()
      if (result.done === true) return
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Whether the bytes begin with these ones. */
export const beginsWith = (bytes: Uint8Array, beginning: readonly number[]): boolean =>
  beginning.every((byte, index) => bytes[index] === byte)
