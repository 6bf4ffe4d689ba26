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
import type { OriginalRecord } from '../../services/ledger/batch.ts'
import { decodeReading } from '../../services/telemetry/reading/decode-reading.ts'
import type { ReceivedReading } from '../../services/telemetry/reading/reading.ts'
import { refuseIfExpired, oldestKeptDay } from '../../services/telemetry/retention.ts'
import { headerNames } from '../../services/telemetry/reading/wire.ts'

/** Letters that are settled in one transaction, unless they are large. */
const lettersPerBatch = 500
/** Letters that stay open and are named one by one. */
const maxNamed = 20

/** Which letters a command is about, counted beforehand. */
export type ChosenLetters = {
  readonly filter: DeadLetterFilter
  readonly count: number
  /** What dies from now on is left alone. */
  readonly upTo: number
}

/** What a redrive has done; counts are of letters. */
export type RedriveTally = {
  stored: number
  updated: number
  superseded: number
  duplicate: number
  /** Those that stay dead letters, by reason. */
  readonly stillDead: Map<string, number>
  /** The first of them. */
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
 * Judges letters as the consumer of this version judges records, by their own `received-at`; and
 * by today's retention, because the row of a day that is not kept would be dropped at once.
 *
 * @param retentionMicros microseconds for which readings are kept
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
    const oldestDay = oldestKeptDay(Date.now() * 1000, retentionMicros)
    return entries.map((entry) => refuseIfExpired(entry, oldestDay))
  }
}

/**
 * What bounds a letter's `received-at`: of the times of its appending and of its death, which are
 * of two clocks, the later one, so that readings are not lost to a broker whose clock was behind.
 */
function appendedAtOf({ original, diedAt }: DeadLetter): number {
  const isReceivedSaid = headerOf(original, headerNames.receivedAt) !== undefined
  return isReceivedSaid ? Math.max(original.appendedAt, diedAt) : original.appendedAt
}

function headerOf({ headers }: OriginalRecord, wanted: string): string | undefined {
  const found = headers.find(([name]) => name === wanted)
  return found && Buffer.from(found[1]).toString()
}

/** Does `work` with the chosen letters, a batch after the other, until they end or `signal` says stop. */
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

/** Adds what became of a batch. */
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
