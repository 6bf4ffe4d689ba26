import type pg from 'pg'
import type { OutboxMessage } from '../../../ledger/tasks/messages.ts'
import { toStorableText } from '../dead-letters/insert-dead-letters.ts'
import { inTransaction } from '../driver/connection.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

type OutboxRow = {
  readonly id: number
  readonly message_id: string
  readonly key: string | null
  readonly value: string
}

/** A message that Kafka refuses, and would refuse again. */
export type RefusedMessage = { readonly message: OutboxMessage; readonly reason: string }

export type SentMessages = {
  /** How many messages, from the first on, were sent or refused. The others wait. */
  readonly settled: number
  readonly refused: readonly RefusedMessage[]
}

/** Bytes of the values that are sent at once; at least one message. */
const maxBytes = 2 * 1024 * 1024

/** Writes messages in the transaction of the effects that they belong to. */
export async function insertOutbox(
  client: pg.PoolClient,
  messages: readonly OutboxMessage[],
): Promise<void> {
  for (const statement of outboxStatements(messages)) await client.query(statement)
}

/** One statement, or none without messages. It fails unless all of them are written. */
export function outboxStatements(messages: readonly OutboxMessage[]): pg.QueryConfig[] {
  if (messages.length === 0) return []
  const values = [
    messages.map(({ topic }) => topic),
    messages.map(({ messageId }) => messageId),
    messages.map(({ key }) => key),
    messages.map(({ value }) => value),
  ]
  return [{ text: sqlStatement('insert-outbox'), values }]
}

/** The messages that wait to be sent to Kafka. */
export class OutboxStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** The names of the topics with waiting messages. Does not read every message. */
  async topics(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ topic: string }>(sqlStatement('outbox-topics'))
    return rows.map(({ topic }) => topic)
  }

  /**
   * Sends the oldest messages for a topic and removes them. If it fails halfway, they are sent again.
   * Those that Kafka refuses for good are moved to the table `refused_message`.
   *
   * @param send resolves when Kafka has acknowledged the first messages except the refused ones. It should
   *   end before the transaction, which may last a minute
   * @returns how many were removed; undefined if another relay sends messages to this topic
   */
  async relay(
    topic: string,
    send: (messages: readonly OutboxMessage[]) => Promise<SentMessages>,
  ): Promise<number | undefined> {
    return inTransaction(this.#pool, async (client) => {
      const lock = await client.query<{ held: boolean }>(sqlStatement('lock-outbox'), [topic])
      if (lock.rows[0]?.held !== true) return undefined
      const { rows } = await client.query<OutboxRow>(sqlStatement('next-outbox'), [topic, maxBytes])
      if (rows.length === 0) return 0
      const ids = new Map(
        rows.map(({ id, message_id: messageId, key, value }) => [
          { topic, messageId, key, value },
          id,
        ]),
      )
      const { settled, refused } = await send([...ids.keys()])
      if (refused.length > 0) {
        const stored = await client.query(sqlStatement('store-refused-messages'), [
          refused.map(({ message }) => ids.get(message)),
          refused.map(({ reason }) => toStorableText(reason)),
        ])
        requireRows(stored, refused.length, 'refused_message')
      }
      const removed = rows.slice(0, settled).map(({ id }) => id)
      await client.query(sqlStatement('remove-outbox'), [removed])
      return settled
    })
  }
}
