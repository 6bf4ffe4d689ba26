import type pg from 'pg'
import type { OutboxMessage } from '../../../ledger/tasks/messages.ts'
import { withSessionLock } from '../driver/connection.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

/** A message that waits in the outbox. */
export type WaitingMessage = OutboxMessage & { readonly outboxId: number }

/** How much waits in the outbox for a topic. */
export type WaitingTopic = {
  readonly topic: string
  readonly messages: number
  /** Age of the oldest message, by the clock of the database. */
  readonly oldestSeconds: number
}

type OutboxRow = {
  readonly id: number
  readonly topic: string
  readonly message_id: string
  readonly key: string | null
  readonly value: string
}

/** Writes messages in the transaction of the effects that they belong to. */
export async function insertOutbox(
  client: pg.PoolClient,
  messages: readonly OutboxMessage[],
): Promise<void> {
  if (messages.length === 0) return
  const inserted = await client.query(sqlStatement('insert-outbox'), [
    messages.map(({ topic }) => topic),
    messages.map(({ messageId }) => messageId),
    messages.map(({ key }) => key),
    messages.map(({ value }) => value),
  ])
  requireRows(inserted, messages.length, 'outbox')
}

/** The messages that wait to be sent to Kafka. */
export class OutboxStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** The topics with waiting messages, by name. */
  async waiting(): Promise<WaitingTopic[]> {
    const { rows } = await this.#pool.query<WaitingTopic>(sqlStatement('waiting-outbox'))
    return rows
  }

  /**
   * Runs `work` while no other relay sends messages to the topic.
   *
   * @returns undefined at once if another relay does
   */
  async whileAlone<T>(topic: string, work: () => Promise<T>): Promise<T | undefined> {
    const statement = sqlStatement('outbox-lock')
    const { rows } = await this.#pool.query<{ lock: string }>(statement, [topic])
    const [row] = rows
    if (row === undefined) throw new Error('The database did not name the lock of the topic.')
    return withSessionLock(this.#pool, row.lock, work)
  }

  /** The oldest messages for a topic, up to about `maxBytes`; at least one if there are any. */
  async next(topic: string, maxBytes: number): Promise<WaitingMessage[]> {
    const { rows } = await this.#pool.query<OutboxRow>(sqlStatement('next-outbox'), [
      topic,
      maxBytes,
    ])
    return rows.map(({ id, message_id: messageId, ...message }) => {
      return { outboxId: id, messageId, ...message }
    })
  }

  /** Removes messages that Kafka has acknowledged. */
  async remove(messages: readonly WaitingMessage[]): Promise<void> {
    const ids = messages.map(({ outboxId }) => outboxId)
    await this.#pool.query(sqlStatement('remove-outbox'), [ids])
  }
}
