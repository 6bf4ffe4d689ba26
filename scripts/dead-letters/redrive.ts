import type {
  DeadLetterFilter,
  PostgresDeadLetterStore,
} from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { Redriven } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'

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
