import type pg from 'pg'
import { altitudeReferences } from '../../../telemetry/reading/altitude-reference.ts'
import { firstTime, lastTime, toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { TrackColumns } from '../../../telemetry/track/track-columns.ts'
import { firstPoints, nullIfNaN, pointsOf } from '../../../telemetry/track/track-columns.ts'
import type { TrackPoint, TrackReading } from '../../../telemetry/track/track-reading.ts'
import { inTransaction } from '../driver/connection.ts'
import type { BinaryRow, QueryValue } from './select-binary.ts'
import { selectBinary } from './select-binary.ts'
import { decodeDoubles, decodeTimes } from './decode-array.ts'
import { sqlStatement } from '../sql-file.ts'

/** From `from` (inclusive) to `to` (exclusive), in microseconds since the Unix epoch. */
export type TimeSpan = { readonly from: number; readonly to: number }

/** Readings of a vehicle on both sides of a time span, each side in time order. */
type AroundTrack = { readonly before: TrackPoint[]; readonly after: TrackPoint[] }

type AroundOptions = {
  /** Microseconds on each side of which the readings are returned. */
  readonly micros: number
  /** So many readings beyond them are returned too. */
  readonly furtherReadings: number
  /** Limit of readings on each side. */
  readonly maxReadings: number
}

/** The connection is destroyed if a query takes longer. */
const readTimeoutMs = 30_000

/** Reads tracks of vehicles from the table of readings. */
export class PostgresTrackStore {
  readonly #pool: pg.Pool
  readonly #table: string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#table = table
  }

  /** The first `limit` positions of a vehicle in a time span, ordered by time. */
  async track(vin: string, span: TimeSpan, limit: number): Promise<TrackColumns> {
    const parts = await Promise.all(
      halvesOf(span).map(async ({ from, to }) => {
        const values = [vin, toIsoMicroseconds(from), toIsoMicroseconds(to), limit]
        const [columns = []] = await this.#read('track', values)
        return columns
      }),
    )
    return firstPoints(toTrack(...parts), limit)
  }

  /** Like `track`, with altitude, its reference, and sequence. Slower than `track`. */
  async detailedTrack(vin: string, { from, to }: TimeSpan, limit: number): Promise<TrackReading[]> {
    const values = [vin, toIsoMicroseconds(from), toIsoMicroseconds(to), limit]
    const [columns = []] = await this.#read('detailed-track', values)
    const [altitudes, sequences, references] = columns
      .slice(trackColumnCount)
      .map((column) => (column ? decodeDoubles(column) : undefined))
    return pointsOf(toTrack(columns)).map((point, index) => ({
      ...point,
      altitude: nullIfNaN(altitudes?.[index]),
      altitudeReference: altitudeReferences[references?.[index] ?? 0] ?? 'unknown',
      sequence: sequences?.[index] ?? 0,
    }))
  }

  /** The positions of a vehicle just before and just after a time span. */
  async aroundTrack(
    vin: string,
    { from, to }: TimeSpan,
    { micros, furtherReadings, maxReadings }: AroundOptions,
  ): Promise<AroundTrack> {
    const outside = [Math.max(from - micros, firstTime), Math.min(to + micros, lastTime)]
    const times = [from, to, ...outside].map(toIsoMicroseconds)
    const values = [vin, ...times, furtherReadings, maxReadings]
    const [columns = []] = await this.#read('around-track', values)
    const points = pointsOf(toTrack(columns))
    return {
      before: points.filter(({ at }) => at < from),
      after: points.filter(({ at }) => at >= to),
    }
  }

  /**
   * Tracks by vin, downsampled to one reading per `intervalSeconds`. Vehicles without readings are
   * missing.
   */
  async tracks(
    vins: readonly string[],
    { from, to }: TimeSpan,
    intervalSeconds: number,
  ): Promise<Map<string, TrackColumns>> {
    const values = [vins, toIsoMicroseconds(from), toIsoMicroseconds(to), intervalSeconds]
    const rows = await this.#read('tracks-of-fleet', values)
    const tracks = rows.map(
      ([vin, ...columns]) => [vin?.toString('utf8') ?? '', toTrack(columns)] as const,
    )
    return new Map(tracks.filter(([, { at }]) => at.length > 0))
  }

  #read(name: string, values: readonly QueryValue[]): Promise<BinaryRow[]> {
    const statement = sqlStatement(name, { table: this.#table })
    return inTransaction(this.#pool, (client) => selectBinary(client, statement, values), {
      timeoutMs: readTimeoutMs,
    })
  }
}

/** A span of at least this length is read in two halves at the same time, because each takes one core. */
const minDividedMicros = 6 * 3_600_000_000

function halvesOf(span: TimeSpan): TimeSpan[] {
  const { from, to } = span
  if (to - from < minDividedMicros) return [span]
  const middle = Math.floor((from + to) / 2)
  return [
    { from, to: middle },
    { from: middle, to },
  ]
}

/** Every statement starts with the same columns. */
const trackColumnCount = 5

/** Each part has the columns of a track; one follows the other in time. A part without points has nulls. */
function toTrack(...parts: readonly BinaryRow[]): TrackColumns {
  const column = (index: number) => parts.flatMap((part) => part[index] ?? [])
  return {
    at: decodeTimes(...column(0)),
    longitude: decodeDoubles(...column(1)),
    latitude: decodeDoubles(...column(2)),
    speed: decodeDoubles(...column(3)),
    heading: decodeDoubles(...column(4)),
  }
}
