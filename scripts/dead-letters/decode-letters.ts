import type { DecodeLetters } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import type { DecodedEntry, OriginalRecord, RefusedEntry } from '../../services/ledger/batch.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import { skippedCode } from '../../services/ledger/unreadable.ts'
import type { NewTask } from '../../services/ledger/tasks/task.ts'
import type { TaskDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { decodeTask } from '../../services/tasks/messages/decode-task.ts'
import type { Declaration } from '../../services/pipelines/declaration/declaration.ts'
import { decodeGrouped } from '../../services/pipelines/decode/decode-grouped.ts'
import type { DeclaredRow } from '../../services/pipelines/decode/decode-record.ts'
import { decodeRecord } from '../../services/pipelines/decode/decode-record.ts'
import { decodeBatch } from '../../services/stream/decode-batch.ts'
import { decodeReading } from '../../services/telemetry/reading/decode-reading.ts'
import type { ReceivedReading } from '../../services/telemetry/reading/reading.ts'
import { headerNames } from '../../services/telemetry/reading/wire.ts'
import { oldestKeptDay, refuseIfExpired } from '../../services/telemetry/retention.ts'
import { toMicros } from '../../services/telemetry/time.ts'

/**
 * Decodes dead letters of readings as the consumer of this version decodes records, by their own `received-at`.
 * It also applies the current retention, because the row of an expired day would be dropped
 * immediately.
 *
 * @param retentionMicros how long readings are kept, in microseconds
 */
export function createReadingDecoder(retentionMicros: number): DecodeLetters<ReceivedReading> {
  return async (letters: readonly DeadLetter[]) => {
    const records = letters.map((letter) => ({
      ...letter.original,
      offset: letter.id,
      appendedAt: appendedAtOf(letter),
      header: (name: string) => headerOf(letter.original, name),
    }))
    const entries = await decodeBatch(records, (record) => decodeReading(record, retentionMicros))
    const oldestDay = oldestKeptDay(toMicros(Date.now()), retentionMicros)
    return entries.map((entry, index) => {
      const letter = letters[index]
      // It has no content to decode.
      if (letter?.code === skippedCode) return keepSkipped(letter)
      return refuseIfExpired(entry, oldestDay)
    })
  }
}

/**
 * Decodes dead letters of a declared pipeline by a declaration. The row keeps the position of the
 * record, by which the conflict rules `update` and `newest` recognize a newer row.
 */
export function createDeclaredDecoder(declaration: Declaration): DecodeLetters<DeclaredRow> {
  return (letters) => Promise.resolve(letters.map((letter) => decodeDeclared(declaration, letter)))
}

/** Decodes messages by a declaration of tasks. The unit of the task is that of the message. */
export function createTaskDecoder({ step }: TaskDeclaration): DecodeLetters<NewTask> {
  return (letters) =>
    Promise.resolve(
      letters.map((letter): DecodedEntry<NewTask> => {
        if (letter.code === skippedCode) return keepSkipped(letter)
        const { id, original, position } = letter
        const header = (name: string) => headerOf(original, name)
        const record = { ...original, offset: position.offset, header }
        return { ...decodeTask(step, record, position), offset: id }
      }),
    )
}

function decodeDeclared(declaration: Declaration, letter: DeadLetter): DecodedEntry<DeclaredRow> {
  // It has no content to decode.
  if (letter.code === skippedCode) return keepSkipped(letter)
  const { id, original, position } = letter
  const header = (name: string) => headerOf(original, name)
  const record = { ...original, offset: position.offset, header }
  const decode = declaration.topic.groupBy === undefined ? decodeRecord : decodeGrouped
  return { ...decode(declaration, record, position), offset: id }
}

function keepSkipped({ id, original, code, detail }: DeadLetter): RefusedEntry {
  return { kind: 'refused', offset: id, original, code, detail }
}

/**
 * The upper limit for the `received-at` of a dead letter. The append time comes from the clock of the
 * broker, `diedAt` from another clock. The later one counts, so that a slow broker clock does not
 * reject valid readings.
 */
function appendedAtOf({ original, diedAt }: DeadLetter): number {
  const hasReceivedAt = headerOf(original, headerNames.receivedAt) !== undefined
  return hasReceivedAt ? Math.max(original.appendedAt, diedAt) : original.appendedAt
}

function headerOf({ headers }: OriginalRecord, header: string): string | undefined {
  const found = headers.find(([name]) => name === header)
  return found && Buffer.from(found[1]).toString()
}
