import { decodeUtf8 } from '../utf8.ts'

/** The types that Apache Tika gives to these texts. */
const types = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  gpx: 'application/gpx+xml',
  xml: 'application/xml',
} as const

/** The type of a text by how it looks; undefined if it looks like none. @param start the first bytes of the file */
export function typeOfText(start: Uint8Array): string | undefined {
  const text = textOf(start)
  if (text === undefined) return undefined
  const trimmed = text.replace(/^\uFEFF/, '').trimStart()
  if (trimmed.startsWith('<')) return typeOfXml(trimmed)
  return typeOfJson(trimmed) ?? typeOfLines(trimmed)
}

/** Undefined for bytes that are no text. The last character may be cut. */
function textOf(start: Uint8Array): string | undefined {
  if (start.includes(0)) return undefined
  for (let cut = 0; cut < 4; cut += 1) {
    const text = decodeUtf8(start, 0, Math.max(0, start.length - cut))
    if (text !== undefined) return text
  }
  return undefined
}

function typeOfXml(text: string): string | undefined {
  const root = /<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]/.exec(text)?.[1]
  if (root === 'gpx') return types.gpx
  return /^<\?xml\s/.test(text) ? types.xml : undefined
}

function typeOfJson(text: string): string | undefined {
  if (/^\[\s*(?:[[{"\]]|-?\d|true|false|null)/.test(text)) return types.json
  if (!/^\{\s*["}]/.test(text)) return undefined
  const [first = '', second] = text.split(/\r?\n/, 2)
  return isJson(first) && second?.startsWith('{') === true ? types.ndjson : types.json
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A table has the same number of delimiters in each line. */
function typeOfLines(text: string): string | undefined {
  const lines = text.split(/\r?\n/)
  const complete = lines.length > 2 ? lines.slice(0, -1) : lines.filter((line) => line !== '')
  const some = complete.slice(0, 20)
  if (some.length < 2) return undefined
  const isTable = (delimiter: string): boolean => {
    const counts = some.map((line) => line.replace(/"[^"]*"/g, '').split(delimiter).length)
    return (counts[0] ?? 1) > 1 && counts.every((count) => count === counts[0])
  }
  if (isTable('\t')) return types.tsv
  return [',', ';'].some(isTable) ? types.csv : undefined
}
