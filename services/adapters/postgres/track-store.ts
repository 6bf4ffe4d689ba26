import type pg from 'pg'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { TrackReading } from '../../telemetry/track-reading.ts'
import { decodeDoubles } from './doubles.ts'
import { sqlStatement } from './sql-file.ts'

/** From a time on, and before another: microseconds since the Unix epoch. */
export type TimeSpan = { readonly from: number; readonly to: number }

/** In the order of the statements' columns; null where there is no reading. */
type TrackColumns = readonly (Buffer | null)[]

/** Where vehicles have been, from the table of readings. */
export class PostgresTrackStore {
  readonly #pool: pg.Pool
  readonly #table: string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#table = table
  }

  /** The first readings of a vehicle within a span, in the order of their times. */
  async track(vin: string, { from, to }: TimeSpan, atMost: number): Promise<TrackReading[]> {
    const { rows } = await this.#pool.query<(Buffer | null)[]>({
      text: sqlStatement('track', this.#table),
      values: [vin, toIsoMicroseconds(from), toIsoMicroseconds(to), atMost],
      rowMode: 'array',
    })
    return toReadings(rows[0] ?? [])
  }

  /** Of each vehicle one reading every `everySeconds`, by vin; none for one without a reading. */
  async tracks(
    vins: readonly string[],
    { from, to }: TimeSpan,
    everySeconds: number,
  ): Promise<Map<string, TrackReading[]>> {
    const { rows } = await this.#pool.query<[vin: string, ...columns: (Buffer | null)[]]>({
      text: sqlStatement('tracks-of-fleet', this.#table),
      values: [vins, toIsoMicroseconds(from), toIsoMicroseconds(to), everySeconds],
      rowMode: 'array',
    })
    const tracks = rows.map(([vin, ...columns]) => [vin, toReadings(columns)] as const)
    return new Map(tracks.filter(([, readings]) => readings.length > 0))
  }
}

function toReadings(columns: TrackColumns): TrackReading[] {
  const decoded = columns.map((column) => (column === null ? [] : decodeDoubles(column)))
  const value = (column: number, index: number): number | null => decoded[column]?.[index] ?? null
  const number = (column: number, index: number): number => value(column, index) ?? 0
  return Array.from({ length: decoded[0]?.length ?? 0 }, (_, index) => ({
    at: Math.round(number(0, index) * 1e6),
    longitude: number(1, index),
    latitude: number(2, index),
    speed: number(3, index),
    heading: value(4, index),
    altitude: value(5, index),
    sequence: number(6, index),
  }))
}
