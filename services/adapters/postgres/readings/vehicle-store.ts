import pg from 'pg'
import type { LatestReading } from '../../../telemetry/track/latest-state.ts'
import { inTransaction } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'

type StateRow = Omit<LatestReading, 'recordedAt' | 'receivedAt'> & {
  readonly recorded_at: number
  readonly received_at: number
}

type DelayRow = { readonly recorded_to_stored: number; readonly received_to_stored: number }

/** In milliseconds. */
export type Delay = { readonly recordedToStored: number; readonly receivedToStored: number }

/**
 * Metadata stays text, but is reformatted like JavaScript writes it: Postgres writes 1e308 with all
 * its digits, which is fifty times as long.
 */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.JSONB, reformatJson)

function reformatJson(json: string): string {
  return JSON.stringify(JSON.parse(json))
}

/**
 * The duration grows with the number of vehicles and days (docs/decisions/23-latest-position.md).
 */
const latestTimeoutMs = 600_000

/** Reads the latest readings of vehicles from the table of readings. */
export class PostgresVehicleStore {
  readonly #pool: pg.Pool
  readonly #table: string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#table = table
  }

  /** The last reading of each vehicle, the latest first. Searches every vehicle on every day. */
  async latest(limit: number): Promise<LatestReading[]> {
    const text = sqlStatement('latest-states', { table: this.#table })
    const rows = await inTransaction(
      this.#pool,
      async (client) => {
        // The pool has a shorter timeout for other queries.
        const query = { text, types, values: [limit], query_timeout: latestTimeoutMs }
        return (await client.query<StateRow>(query)).rows
      },
      { timeoutMs: latestTimeoutMs, settings: { statement_timeout: String(latestTimeoutMs) } },
    )
    return rows.map(({ recorded_at, received_at, ...reading }) => ({
      ...reading,
      recordedAt: recorded_at,
      receivedAt: received_at,
    }))
  }

  /**
   * How long the newest readings of these vehicles took to be stored, if stored in the last
   * `seconds`.
   */
  async recentDelays(vins: readonly string[], seconds: number): Promise<Delay[]> {
    const statement = sqlStatement('recent-delays', { table: this.#table })
    const { rows } = await this.#pool.query<DelayRow>(statement, [vins, seconds])
    return rows.map(({ recorded_to_stored, received_to_stored }) => ({
      recordedToStored: recorded_to_stored,
      receivedToStored: received_to_stored,
    }))
  }
}
