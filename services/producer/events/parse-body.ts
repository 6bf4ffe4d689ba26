import { parseForm } from '../../telemetry/reading/form.ts'
import type { GeoPosition } from '../../telemetry/track/geo.ts'
import { firstDeviceSequence } from '../../telemetry/reading/device-sequence.ts'
import { readingFields } from '../../telemetry/reading/fields.ts'
import { parseReading } from '../../telemetry/reading/parse-reading.ts'
import { costFault } from '../receiving/body-cost.ts'
import type { ParsedReading, TimeWindow } from '../../telemetry/reading/reading.ts'

/** The supported formats of a request body. */
export const mediaTypes = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  form: 'application/x-www-form-urlencoded',
} as const
export type MediaType = (typeof mediaTypes)[keyof typeof mediaTypes]

const fieldNames = new Set(readingFields.map(({ name }) => name))

export const maxReadings = 1_000

export type ParsedBody =
  | { readonly kind: 'readings'; readonly parsed: readonly ParsedReading[] }
  | { readonly kind: 'unreadable'; readonly detail: string }
  | { readonly kind: 'too-many' }

/** The media type of a Content-Type header; undefined if it is not supported. */
export function toMediaType(contentType: string | undefined): MediaType | undefined {
  // Most requests have exactly this.
  if (contentType === mediaTypes.json) return contentType
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?(utf-8|us-ascii)"?$/.test(charset)
  return isUtf8 ? Object.values(mediaTypes).find((known) => known === type.trim()) : undefined
}

export type ParseContext = {
  readonly window: TimeWindow
  /** The origin of the positions of forms. */
  readonly origin: GeoPosition
  /** Whether unknown fields of JSON are stored in the metadata instead of refusing the reading. */
  readonly keepsUnknownFields?: boolean
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses the readings of a body. An invalid reading is refused without affecting the others. */
export function parseBody(
  body: Uint8Array,
  mediaType: MediaType,
  context: ParseContext,
): ParsedBody {
  let text: string
  try {
    text = strictUtf8.decode(body)
  } catch {
    return { kind: 'unreadable', detail: 'The body is not valid UTF-8.' }
  }
  const costly = mediaType === mediaTypes.form ? undefined : costFault(body)
  if (costly !== undefined) return { kind: 'unreadable', detail: `The body is refused. ${costly}` }
  switch (mediaType) {
    case 'application/json':
      return parseJson(text, context)
    case 'application/x-ndjson':
      return parseLines(text, context)
    case 'application/x-www-form-urlencoded': {
      // Clients that write lines end the body with a line break. Inside a value it would be encoded.
      const pairs = new URLSearchParams(text.replace(/[\r\n]+$/, ''))
      if (pairs.size === 0) return { kind: 'readings', parsed: [] }
      return { kind: 'readings', parsed: [parseForm(pairs, context.origin, context.window)] }
    }
    default:
      return mediaType satisfies never
  }
}

function parseJson(text: string, context: ParseContext): ParsedBody {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = text.trim() === '' ? 'it is empty' : (error as Error).message
    return { kind: 'unreadable', detail: `The body is not valid JSON: ${reason}.` }
  }
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (values.length > maxReadings) return { kind: 'too-many' }
  return { kind: 'readings', parsed: values.map((item) => parseItem(item, context)) }
}

function parseItem(item: unknown, { window, keepsUnknownFields }: ParseContext): ParsedReading {
  const value = keepsUnknownFields === true ? moveUnknownFields(item) : item
  const parsed = parseReading(value, window)
  if (!parsed.ok || parsed.reading.sequence < firstDeviceSequence) return parsed
  const detail = `sequence ${parsed.reading.sequence} is outside [0, ${firstDeviceSequence - 1}] count.`
  return { ok: false, refusal: { code: 'out-of-range', detail } }
}

/**
 * Moves unknown fields into the metadata. If the metadata has a field of this name already, the unknown field is
 * not moved, and so the reading is refused.
 */
function moveUnknownFields(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
  const fields = item as Readonly<Record<string, unknown>>
  const metadata = fields['metadata'] ?? {}
  if (typeof metadata !== 'object' || Array.isArray(metadata)) return item
  const isMoved = (name: string): boolean => !fieldNames.has(name) && !Object.hasOwn(metadata, name)
  const entries = Object.entries(fields)
  const moved = entries.filter(([name]) => isMoved(name))
  if (moved.length === 0) return item
  const kept = entries.filter(([name]) => !isMoved(name) && name !== 'metadata')
  return Object.fromEntries([...kept, ['metadata', { ...metadata, ...Object.fromEntries(moved) }]])
}

/**
 * One reading per line. Blank lines are skipped and do not count as readings. The search for the next
 * line that is not blank stops after `maxReadings`.
 */
function parseLines(text: string, context: ParseContext): ParsedBody {
  const parsed: ParsedReading[] = []
  const nonBlank = /\S/g
  for (let found = nonBlank.exec(text); found !== null; found = nonBlank.exec(text)) {
    if (parsed.length === maxReadings) return { kind: 'too-many' }
    const newline = text.indexOf('\n', found.index)
    const end = newline === -1 ? text.length : newline
    try {
      parsed.push(parseItem(JSON.parse(text.slice(found.index, end)), context))
    } catch (error) {
      const number = text.slice(0, found.index).split('\n').length
      const detail = `Line ${number} is not valid JSON: ${(error as Error).message}.`
      return { kind: 'unreadable', detail }
    }
    nonBlank.lastIndex = end
  }
  return { kind: 'readings', parsed }
}
