import { FileFault } from '../file-fault.ts'
import type { Encoding } from './encoding.ts'
import { createPartDecoder } from './encoding.ts'
import { beginsWith, peek } from './peek.ts'

const marks: readonly (readonly [bytes: readonly number[], encoding: Encoding])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]

/** The first bytes of files that are no text, and what these files are. */
const signatures: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'compressed with gzip twice'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive, e.g. an Excel workbook'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'compressed with Zstandard'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'compressed with xz'],
  [[0x50, 0x41, 0x52, 0x31, 0x15], 'in the format Parquet'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'a document of an old Microsoft Office program'],
]
const signatureBytes = 5

type Options = {
  /** The declared encoding. A byte order mark takes precedence. */
  readonly encoding: Encoding | undefined
  /** The encoding that the beginning of the text names; undefined if it names none. */
  readonly namedBy?: ((start: Uint8Array) => Encoding | undefined) | undefined
}

/** How much of a text is searched for the name of its encoding. */
const startBytes = 256

/**
 * The text of a file in UTF-8, without a byte order mark. UTF-8 is not checked here, because the decoders of the
 * formats do it.
 *
 * @throws FileFault if it is no text, or not in its encoding
 */
export async function* toUtf8(
  content: AsyncIterable<Uint8Array>,
  options: Options,
): AsyncGenerator<Uint8Array> {
  const isSearched = options.namedBy !== undefined
  const peeked = await peek(content, isSearched ? startBytes : signatureBytes)
  const { encoding, markBytes } = findEncoding(peeked.start, options)
  const text = withoutStart(peeked.content, markBytes)
  if (encoding === 'utf-8') yield* text
  else yield* decoded(text, { encoding, firstByte: markBytes })
}

type Found = { readonly encoding: Encoding; readonly markBytes: number }

function findEncoding(start: Uint8Array, { encoding, namedBy }: Options): Found {
  const mark = marks.find(([bytes]) => beginsWith(start, bytes))
  if (mark !== undefined) return { encoding: mark[1], markBytes: mark[0].length }
  const found = encoding ?? namedBy?.(start) ?? 'utf-8'
  const signature = signatures.find(([bytes]) => beginsWith(start, bytes))
  if (signature !== undefined)
    throw new FileFault(`The file is ${signature[1]}. Convert it to text and drop it again.`)
  if (!found.startsWith('utf-16')) refuseUtf16(start)
  return { encoding: found, markBytes: 0 }
}

/** Of ASCII characters in UTF-16 every second byte is 0. */
function refuseUtf16(start: Uint8Array): void {
  const zeros = [...start.subarray(0, 4)].map((byte) => (byte === 0 ? '0' : 'x')).join('')
  if (zeros !== 'x0x0' && zeros !== '0x0x') return
  const name = zeros === 'x0x0' ? 'utf-16le' : 'utf-16be'
  throw new FileFault(
    `The file looks like text in UTF-16 without a byte order mark. Declare map.encoding = "${name}" and drop it again.`,
  )
}

async function* withoutStart(
  content: AsyncIterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const part of content) {
    yield isFirst ? part.subarray(bytes) : part
    isFirst = false
  }
}

async function* decoded(
  content: AsyncIterable<Uint8Array>,
  {
    encoding,
    firstByte,
  }: { readonly encoding: Exclude<Encoding, 'utf-8'>; readonly firstByte: number },
): AsyncGenerator<Uint8Array> {
  const decoder = createPartDecoder(encoding)
  const encoder = new TextEncoder()
  let at = firstByte
  const decode = (part: Uint8Array | undefined): Uint8Array => {
    try {
      return encoder.encode(part === undefined ? decoder.end() : decoder.decode(part))
    } catch {
      const name = encoding.toUpperCase()
      throw new FileFault(
        part === undefined
          ? `The file is not valid ${name}: its last character is not complete.`
          : `The file is not valid ${name}: a half of a surrogate pair is after byte ${at}.`,
      )
    }
  }
  for await (const part of content) {
    yield decode(part)
    at += part.length
  }
  yield decode(undefined)
}
