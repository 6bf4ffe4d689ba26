import { toExactJson } from './exact-number.ts'
import type { ClaimedTask, ResultPart, TaskFault } from './task.ts'

/** The messages that are written for tasks. */

/** A message that is stored with the effects of a task, and sent to Kafka after that. */
export type OutboxMessage = {
  readonly topic: string
  /** The header `id`. It is the same if the message is sent again. */
  readonly messageId: string
  readonly key: string | null
  readonly value: string
}

/** The largest message: key, value and headers. Kafka's default limit for a batch is 1 MiB. */
export const maxMessageBytes = 900 * 1024

/** What an error is about. */
type ErrorOrigin = {
  readonly pipeline: string
  /** The topic of the message; null if the task was not made of one. */
  readonly topic: string | null
  /** Null if the message names none. */
  readonly method: string | null
  readonly attempt: number
  /** The worker, as its id; null if no worker has run it. */
  readonly worker: number | null
  readonly at: Date
}

type ErrorEnvelope = ErrorOrigin & {
  /** Equal to the header `id`. */
  readonly id: string
  readonly key: string | null
  readonly fault: Pick<TaskFault, 'message' | 'stack'> & { readonly code: string }
  /** The message or the task, as texts. */
  readonly original: Readonly<Record<string, string | null>>
}

const maxTextLength = 16 * 1024
/** An envelope with texts of this length fits, even if each character needs six bytes in JSON. */
const maxShortenedLength = 32 * 1024
const maxMethodLength = 1_024

/** The message for the topic of errors. What makes it too large is shortened. */
export function toErrorMessage(topic: string, envelope: ErrorEnvelope): OutboxMessage {
  const { id, key, fault, original, at, ...origin } = envelope
  const fields = {
    ...{ id, pipeline: origin.pipeline, topic: origin.topic },
    method: origin.method === null ? null : shorten(origin.method, maxMethodLength),
    ...{
      attempt: origin.attempt,
      code: fault.code,
      message: shorten(fault.message, maxTextLength),
    },
    stack: fault.stack === undefined ? null : shorten(fault.stack, maxTextLength),
    ...{ worker: origin.worker, at: at.toISOString() },
  }
  const whole = { topic, messageId: id, key, value: JSON.stringify({ ...fields, original }) }
  if (!isTooLarge(whole)) return whole
  const shortened = { ...shortenAll(original), isShortened: true }
  const value = JSON.stringify({ ...fields, original: shortened })
  // Most of a long key is in `original`.
  const keptKey = key !== null && key.length > maxShortenedLength ? null : key
  return { ...whole, key: keptKey, value }
}

/** The error of a task that has failed for good. */
export function toTaskError(
  topic: string,
  task: Pick<ClaimedTask, 'id' | 'pipeline' | 'method' | 'params' | 'transactionKey' | 'attempt'>,
  about: Pick<ErrorEnvelope, 'fault' | 'worker' | 'at'> & { readonly source: string | null },
): OutboxMessage {
  const { id, pipeline, method, params, transactionKey: key, attempt } = task
  const { fault, worker, at, source } = about
  return toErrorMessage(topic, {
    // A task that is retried and fails again is another error.
    id: `${messageIdOf(task)}:${attempt}`,
    ...{ pipeline, topic: source, method, attempt, worker, at, key, fault },
    original: { task: String(id), method, params, key },
  })
}

export const messageIdOf = ({ pipeline, id }: Pick<ClaimedTask, 'pipeline' | 'id'>): string =>
  `${pipeline}:${id}`

/** Whether Kafka may refuse it because of its size. */
export const isTooLarge = ({ key, value, messageId }: Omit<OutboxMessage, 'topic'>): boolean =>
  byteLength(key ?? '') + byteLength(messageId) + byteLength(value) > maxMessageBytes

/** The text of `[{ "table", "refresh", "data" }]`. Parts of the same table become one. */
export function toResultMessage(parts: readonly ResultPart[]): string {
  const tables = new Map<string, { refresh: boolean; readonly rows: string[] }>()
  for (const { table, refresh, rows } of parts) {
    const present = tables.get(table) ?? { refresh, rows: [] }
    present.refresh ||= refresh
    for (const row of rows) present.rows.push(toExactJson(row))
    tables.set(table, present)
  }
  const texts = [...tables].map(([table, { refresh, rows }]) => {
    return `{"table":${JSON.stringify(table)},"refresh":${refresh},"data":[${rows.join(',')}]}`
  })
  return `[${texts.join(',')}]`
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`
}

function shortenAll(texts: ErrorEnvelope['original']): ErrorEnvelope['original'] {
  const shortened = Object.entries(texts).map(([name, text]): [string, string | null] => [
    name,
    text === null ? null : shorten(text, maxShortenedLength),
  ])
  return Object.fromEntries(shortened)
}

/** UTF-8 bytes. A surrogate pair has four; each half counts three here, which is not too few. */
function byteLength(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) bytes += code > 0x7ff ? 2 : 1
  }
  return bytes
}
