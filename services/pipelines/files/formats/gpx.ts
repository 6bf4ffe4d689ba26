import type { Encoding } from '../content/encoding.ts'
import { FileFault } from '../file-fault.ts'
import type { ObjectFormat } from './format.ts'
import { GpxReader } from './gpx/gpx-reader.ts'

/**
 * The points of a GPX file of version 1.0 or 1.1 (topografix.com/GPX/1/1): track points, route points and waypoints.
 * The line of a point is its number in the file.
 */
export const gpx: ObjectFormat = { kind: 'text', namedBy: encodingNamedBy, toLines: toPoints }

async function* toPoints(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const encoder = new TextEncoder()
  const reader = new GpxReader()
  let at = 0
  const decode = (part?: Uint8Array): string => {
    try {
      return part === undefined ? decoder.decode() : decoder.decode(part, { stream: true })
    } catch {
      throw new FileFault(
        `The file is not valid UTF-8 after byte ${at}. Declare map.encoding if it has another encoding.`,
      )
    }
  }
  for await (const part of text) {
    yield encoder.encode(linesOf(reader.read(decode(part))))
    at += part.length
  }
  yield encoder.encode(linesOf(reader.end(decode())))
}

const linesOf = (points: readonly object[]): string =>
  points.map((point) => `${JSON.stringify(point)}\n`).join('')

/** Names of encodings in XML, in lower case. */
const encodingsOfXml = new Map<string, Encoding>([
  ...['utf-8', 'utf8', 'us-ascii', 'ascii'].map((name) => [name, 'utf-8'] as const),
  ...['iso-8859-1', 'latin1', 'iso8859-1'].map((name) => [name, 'latin1'] as const),
  ...['windows-1252', 'cp1252'].map((name) => [name, 'windows-1252'] as const),
])

function encodingNamedBy(start: Uint8Array): Encoding | undefined {
  const text = String.fromCharCode(...start)
  const name = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(text)?.[1]
  if (name === undefined) return undefined
  const encoding = encodingsOfXml.get(name.toLowerCase())
  if (encoding !== undefined) return encoding
  throw new FileFault(
    `The XML declaration names the encoding "${name}", which cannot be read. Convert the file to UTF-8 and drop it again.`,
  )
}
