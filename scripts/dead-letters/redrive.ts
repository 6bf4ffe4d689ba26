import { toMicros } from '../../services/telemetry/time.ts'
import type {
  DeadLetterFilter,
  PostgresDeadLetterStore,
} from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type {
  DecodeLetters,
  Redriven,
} from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { decodeBatch } from '../../services/stream/decode-batch.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import type { OriginalRecord, RefusedEntry } from '../../services/ledger/batch.ts'
import { skippedCode } from '../../services/ledger/unreadable.ts'
import { decodeReading } from '../../services/telemetry/reading/decode-reading.ts'
import type { ReceivedReading } from '../../services/telemetry/reading/reading.ts'
import { refuseIfExpired, oldestKeptDay } from '../../services/telemetry/retention.ts'
import { headerNames } from '../../services/telemetry/reading/wire.ts'

/** Dead letters per transaction; fewer if they are large. */
const lettersPerBatch = 500
/** Maximum number of remaining dead letters that are listed. */
const maxNamed = 20

/** The dead letters of a command, counted before it starts. */
export type ChosenLetters = {
  readonly filter: DeadLetterFilter
  readonly count: number
  /** Dead letters with a higher id are newer than the command; it skips them. */
  readonly upTo: number
}

/** The result of a redrive; all counts are numbers of dead letters. */
export type RedriveTally = {
  stored: number
  updated: number
  superseded: number
  duplicate: number
  /** Number of remaining dead letters by reason. */
  readonly stillDead: Map<string, number>
  /** The first of the remaining dead letters. */
  readonly named: Extract<Redriven, { kind: 'kept' }>[]
}

export const emptyTally = (): RedriveTally => ({
  stored: 0,
  updated: 0,
  superseded: 0,
  duplicate: 0,
  stillDead: new Map(),
  named: [],
})

/**
 * Decodes dead letters as the consumer of this version decodes records, by their own `received-at`.
 * It also applies the current retention, because the row of an expired day would be dropped
 * immediately.
 *
 * @param retentionMicros how long readings are kept, in microseconds
 */
export function createLetterDecoder(retentionMicros: number): DecodeLetters<ReceivedReading> {
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

/**
 * Calls `work` with one batch of the chosen dead letters after the other, until all are done or
 * `signal` aborts.
 */
export async function forEachBatch(
  letters: Pick<PostgresDeadLetterStore, 'pick'>,
  { filter, count, upTo }: ChosenLetters,
  { work, signal }: { work: (ids: readonly number[]) => Promise<void>; signal: AbortSignal },
): Promise<void> {
  let [after, left] = [0, count]
  while (left > 0 && !signal.aborted) {
    const range = { after, upTo, limit: Math.min(left, lettersPerBatch) }
    const ids = await letters.pick(filter, range)
    const last = ids.at(-1)
    if (last === undefined) return
    await work(ids)
    after = last
    left -= ids.length
  }
}

/** Adds the results of a batch. */
export function addToTally(tally: RedriveTally, redriven: readonly Redriven[]): void {
  for (const letter of redriven) {
    if (letter.kind !== 'kept') {
      tally[letter.kind] += 1
      continue
    }
    tally.stillDead.set(letter.code, (tally.stillDead.get(letter.code) ?? 0) + 1)
    if (tally.named.length < maxNamed) tally.named.push(letter)
  }
}

export function countStillDead({ stillDead }: RedriveTally): number {
  return [...stillDead.values()].reduce((sum, number) => sum + number, 0)
}
