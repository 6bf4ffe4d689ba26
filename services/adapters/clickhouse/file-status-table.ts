import type { ClickHouseClient } from '@clickhouse/client'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { ClickHouseSettings } from './clickhouse-settings.ts'

const database = 'rubicon'
const table = `${database}.cast_iron_file_status`

/**
 * ClickHouse replaces a row by the one with the same key and a higher `version` when it merges parts of the table. Several
 * platforms can have the same ids of files.
 */
const createTable = `CREATE TABLE IF NOT EXISTS ${table} (
  installation String, id UInt64, bucket_name String, file_name String, original_filename String, status String, size UInt64, etag String,
  content_type Nullable(String), created_dt DateTime, updated_dt DateTime, pipeline String, task Nullable(UInt64),
  attempt UInt32, progress Float64, rows Nullable(UInt64), lines Nullable(UInt64), rejected Nullable(UInt64),
  detail Nullable(String), version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY (installation, id)`

/** A transaction of the database waits meanwhile, which may last a minute. */
const timeoutMs = 20_000

/** The table of ClickHouse with the status of files. */
export class FileStatusTable implements AsyncDisposable {
  readonly #client: ClickHouseClient
  #isCreated = false

  constructor({ url, user: username, password }: ClickHouseSettings) {
    this.#client = createClient({
      ...{ url, username, password, request_timeout: timeoutMs, max_open_connections: 1 },
      application: 'av-telemetry',
      // Errors are thrown, and the caller reports them.
      log: { level: ClickHouseLogLevel.OFF },
    })
  }

  /** Adds rows. Creates the table before, if it does not exist. */
  async insert(rows: readonly object[], signal: AbortSignal): Promise<void> {
    if (rows.length === 0) return
    if (!this.#isCreated) {
      for (const query of [`CREATE DATABASE IF NOT EXISTS ${database}`, createTable])
        await this.#client.command({ query, abort_signal: signal })
      this.#isCreated = true
    }
    const options = { table, format: 'JSONEachRow', abort_signal: signal } as const
    await this.#client.insert({ ...options, values: [...rows] })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client.close()
  }
}
