import type pg from 'pg'
import { toErrorMessage } from '../../../ledger/tasks/messages.ts'
import { taskTable } from '../../../ledger/tasks/task-table.ts'
import type { NewTask } from '../../../ledger/tasks/task.ts'
import type { NewDeadLetter } from '../dead-letters/insert-dead-letters.ts'
import { KeyedTableSink } from '../tables/keyed-table-sink.ts'
import type { LetterPlace } from '../tables/table-sink.ts'
import { insertOutbox } from './outbox-store.ts'

type Options = {
  readonly pipeline: string
  /** The topic of the messages. */
  readonly topic: string
  /** The topic for errors; undefined: none are sent. */
  readonly errors: string | undefined
}

/**
 * Makes a task of each message of a topic. A unit that has a task already is a duplicate. A message that
 * becomes a dead letter is also sent to the topic for errors.
 */
export class TaskSink extends KeyedTableSink<NewTask> {
  readonly #options: Options

  constructor(options: Options) {
    super(taskTable(options.pipeline))
    this.#options = options
  }

  async recordLetters(
    client: pg.PoolClient,
    place: LetterPlace,
    letters: readonly NewDeadLetter[],
  ): Promise<void> {
    const { errors, ...source } = this.#options
    if (errors === undefined) return
    const at = new Date()
    const messages = letters.map(({ offset, code, detail, original }) => {
      const id = `${source.pipeline}:${place.logId}-${place.partition}-${offset}`
      const [key, value] = [textOf(original.key), textOf(original.value)]
      const fault = { code, message: detail, stack: undefined }
      const origin = { ...source, method: null, attempt: 0, worker: null, at }
      return toErrorMessage(errors, { id, ...origin, fault, key, original: { key, value } })
    })
    await insertOutbox(client, messages)
  }
}

/** Bytes that are not UTF-8 become replacement characters. The dead letter has the bytes. */
function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('utf8').replaceAll('\0', '\ufffd')
}
