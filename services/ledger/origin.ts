import type { OriginalRecord } from './batch.ts'
import type { RecordPosition } from './receipt.ts'
import type { Micros } from './time-units.ts'

/**
 * A record that was read from a source topic and written to a grouped topic keeps its value and headers.
 * Its position, time and key are in two further headers.
 */

/**
 * The name of the stage that writes the grouped topic of a pipeline. Its ledgers are of the source topic,
 * and those of the pipeline are of the grouped topic. A declared name cannot contain `:`.
 */
export const groupingStageOf = (pipeline: string): string => `${pipeline}:group_by`

/** Where a record of a grouped topic comes from. */
export type RecordOrigin = RecordPosition & {
  /** The life of the pipeline that has written it. A reset begins a new life. */
  readonly life: string
  /** The time of the record in the source topic, in microseconds since the Unix epoch. */
  readonly appendedAt: Micros
}

/** A record as it is in the source topic, and its origin. */
export type UngroupedRecord = { readonly origin: RecordOrigin; readonly record: OriginalRecord }

type Header = OriginalRecord['headers'][number]

const originHeader = 'av-telemetry-origin'
const originKeyHeader = 'av-telemetry-key'

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() }

/** The headers of a record of the source topic in the grouped topic. */
export function withOrigin(
  { headers, key, appendedAt }: OriginalRecord,
  { life, logId, partition, offset }: Omit<RecordOrigin, 'appendedAt'>,
): Header[] {
  const origin = { log: logId, partition, offset, time: appendedAt, life, hasKey: key !== null }
  const own: Header[] = [[originHeader, utf8.encoder.encode(JSON.stringify(origin))]]
  return [...headers, ...own, ...(key === null ? [] : [[originKeyHeader, key] as const])]
}

/**
 * The record of the source topic that a record of the grouped topic was. The last headers with our names
 * are ours, because the source may be a grouped topic too.
 *
 * @returns undefined if the record was not written by a pipeline
 */
export function ungroup({ value, headers }: OriginalRecord): UngroupedRecord | undefined {
  const atOrigin = headers.findLastIndex(([name]) => name === originHeader)
  const parsed = parseOrigin(headers[atOrigin]?.[1])
  if (parsed === undefined) return undefined
  const { hasKey, ...origin } = parsed
  const atKey = hasKey ? headers.findLastIndex(([name]) => name === originKeyHeader) : -1
  const record = {
    key: headers[atKey]?.[1] ?? null,
    value,
    headers: headers.filter((_, index) => index !== atOrigin && index !== atKey),
    appendedAt: origin.appendedAt,
  }
  return { origin, record }
}

function parseOrigin(bytes: Uint8Array | undefined): (RecordOrigin & HasKey) | undefined {
  const fields = parseObject(bytes)
  const { log, partition, offset, time, life, hasKey } = fields
  const isPosition = [log, partition, offset].every(Number.isSafeInteger)
  // Producers of other programs set any time.
  if (!isPosition || typeof time !== 'number' || typeof life !== 'string') return undefined
  return {
    ...{ logId: Number(log), partition: Number(partition), offset: Number(offset) },
    ...{ appendedAt: time, life, hasKey: hasKey === true },
  }
}

type HasKey = { readonly hasKey: boolean }

function parseObject(bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(utf8.decoder.decode(bytes))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** How far a partition of a source topic is settled in one partition of the grouped topic. */
export type OriginPosition = {
  readonly logId: number
  readonly partition: number
  readonly nextOffset: number
}

/** A record of one partition of a grouped topic. The origin is undefined if no pipeline has written it. */
export type GroupedRecord = { readonly offset: number; readonly origin: RecordOrigin | undefined }

/**
 * Finds the records of a batch that are repeated. The records of a source partition are written in the
 * order of their offsets, and some of them again after a crash. A record of another life was written
 * before a reset, after which the source was read again.
 */
export function findRepeated(
  records: readonly GroupedRecord[],
  life: string,
  positions: readonly OriginPosition[],
): { readonly repeated: ReadonlySet<number>; readonly moved: readonly OriginPosition[] } {
  const current = new Map(positions.map((position) => [keyOf(position), position]))
  const moved = new Map<string, OriginPosition>()
  const repeated = new Set<number>()
  for (const { offset, origin } of records) {
    if (origin === undefined) continue
    const key = keyOf(origin)
    const known = moved.get(key) ?? current.get(key)
    if (origin.life !== life || (known !== undefined && origin.offset < known.nextOffset)) {
      repeated.add(offset)
      continue
    }
    const { logId, partition } = origin
    moved.set(key, { logId, partition, nextOffset: origin.offset + 1 })
  }
  return { repeated, moved: [...moved.values()] }
}

const keyOf = ({ logId, partition }: Omit<OriginPosition, 'nextOffset'>): string =>
  `${logId}-${partition}`
