import type { Micros } from '../../../telemetry/time.ts'
import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { ReceivedReading } from '../../../telemetry/reading/reading.ts'
import { microsecondsPerDay } from '../../../telemetry/reading/reading.ts'
import { readingTable } from '../../../telemetry/reading/reading-table.ts'
import { toUtcDay } from '../../../telemetry/time.ts'
import type { OffsetRow } from '../tables/copy-binary.ts'
import { KeyedTableSink } from '../tables/keyed-table-sink.ts'
import type { CopyStatement } from '../driver/statement-group.ts'
import { sqlStatement } from '../sql-file.ts'
import type { MergeResult, TableSink } from '../tables/table-sink.ts'

/** Writes the table of readings, which has a partition for each UTC day. */
export class ReadingSink implements TableSink<ReceivedReading> {
  readonly schema: TableSchema<ReceivedReading>
  readonly #pool: pg.Pool
  readonly #table: KeyedTableSink<ReceivedReading>
  /** Days whose partition is known to exist, as days since the Unix epoch. */
  readonly #days = new Set<number>()

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.schema = readingTable(table)
    this.#table = new KeyedTableSink(this.schema)
  }

  /** Creates missing days in short transactions: the table is locked for milliseconds only. */
  async prepare(rows: readonly ReceivedReading[]): Promise<void> {
    for (const number of distinct(rows, ({ reading }) => dayNumberOf(reading.recordedAt))) {
      if (this.#days.has(number)) continue
      const day = toUtcDay(number * microsecondsPerDay)
      await this.#pool.query(sqlStatement('ensure-day'), [day])
      this.#days.add(number)
    }
  }

  resetPrepared(): void {
    this.#days.clear()
  }

  copyStatements(rows: readonly OffsetRow<ReceivedReading>[]): [CopyStatement, pg.QueryConfig] {
    return [...this.#table.copyStatements(groupByVehicle(rows)), this.#touch(rows)]
  }

  async merge(
    client: pg.PoolClient,
    rows: readonly OffsetRow<ReceivedReading>[],
  ): Promise<MergeResult> {
    await client.query(this.#touch(rows))
    return this.#table.merge(client, rows)
  }

  async divide(
    client: pg.PoolClient,
    rows: readonly OffsetRow<ReceivedReading>[],
  ): Promise<MergeResult> {
    await client.query(this.#touch(rows))
    return this.#table.divide(client, rows)
  }

  /**
   * Records the minutes of late readings for schedules that read them. One call a batch instead of a
   * trigger, which would read all rows again.
   */
  #touch(rows: readonly OffsetRow<ReceivedReading>[]): pg.QueryConfig {
    const numbers = distinct(rows, ({ row }) => minuteNumberOf(row.reading.recordedAt))
    const minutes = [...numbers].map((number) => new Date(number * 60_000).toISOString())
    return {
      ...{ name: 'touch-minutes', text: sqlStatement('touch-minutes') },
      values: [`public.${this.schema.table}`, minutes],
    }
  }
}

/** The different numbers of rows. Most rows have the number of the row before them. */
function distinct<Row>(rows: readonly Row[], numberOf: (row: Row) => number): Set<number> {
  const numbers = new Set<number>()
  let last = NaN
  for (const row of rows) {
    const number = numberOf(row)
    if (number === last) continue
    numbers.add(number)
    last = number
  }
  return numbers
}

/** Whole days since the Unix epoch: cheaper than formatting the date of each reading. */
const dayNumberOf = (microseconds: Micros): number => Math.floor(microseconds / microsecondsPerDay)

const minuteNumberOf = (microseconds: Micros): number => Math.floor(microseconds / 60_000_000)

/**
 * Orders the rows of a batch by vehicle: this makes index writes cheaper, and a track is read from
 * fewer pages.
 */
function groupByVehicle(rows: readonly OffsetRow<ReceivedReading>[]): OffsetRow<ReceivedReading>[] {
  const vehicles = new Map<string, OffsetRow<ReceivedReading>[]>()
  for (const entry of rows) {
    const { vin } = entry.row.reading
    const rowsOfVehicle = vehicles.get(vin)
    if (rowsOfVehicle) rowsOfVehicle.push(entry)
    else vehicles.set(vin, [entry])
  }
  return [...vehicles.keys()].sort().flatMap((vin) => vehicles.get(vin) ?? [])
}
