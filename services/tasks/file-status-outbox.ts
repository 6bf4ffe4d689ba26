import type { ClickHouseSettings } from '../adapters/clickhouse/clickhouse-settings.ts'
import { FileStatusTable } from '../adapters/clickhouse/file-status-table.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { readFileStatuses } from '../adapters/postgres/files/file-statuses.ts'
import type { SentMessages } from '../adapters/postgres/tasks/outbox-store.ts'
import type { OutboxMessage } from '../ledger/tasks/messages.ts'
import type { OutboxDestination, OutgoingTopic } from './outbox-relay.ts'

/** The topic of the outbox for changed files: the key of a message is the id of the file. */
const fileStatusTopic = 'clickhouse:file_status'

/** ClickHouse, to which the status of changed files is copied. */
export const fileStatusOutbox = (
  pool: Pool,
  clickHouse: ClickHouseSettings,
): OutboxDestination => ({
  has: (topic) => topic === fileStatusTopic,
  open: (_, signal) => new FileStatusCopy(pool, new FileStatusTable(clickHouse), signal),
  events: { failed: 'file-status-not-copied', recovered: 'file-status-copied' },
})

/**
 * One relay at a time sends the messages. It reads the status after it has got the lock, so a later relay reads a later
 * status with a higher version. Several changes of a file are copied as one.
 */
class FileStatusCopy implements OutgoingTopic {
  readonly #pool: Pool
  readonly #table: FileStatusTable
  readonly #signal: AbortSignal

  constructor(pool: Pool, table: FileStatusTable, signal: AbortSignal) {
    this.#pool = pool
    this.#table = table
    this.#signal = signal
  }

  async send(messages: readonly OutboxMessage[]): Promise<SentMessages> {
    const files = new Set(messages.map(({ key }) => Number(key)))
    const statuses = await readFileStatuses(this.#pool, [...files])
    await this.#table.insert(statuses, this.#signal)
    return { settled: messages.length, refused: [] }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#table[Symbol.asyncDispose]()
  }
}
