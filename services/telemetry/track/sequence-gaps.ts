import type { OffsetSpan } from '../../ledger/ledger.ts'

/**
 * Which sequences of one vehicle have been seen since the first: runs in ascending order, with what
 * is missing between them. Late readings fill the gaps, doubled ones change nothing.
 */
export type SeenSequences = {
  readonly runs: readonly OffsetSpan[]
  /** Missing between runs that were joined to keep their number bounded: given up. */
  readonly givenUp: number
}

/** More runs than these are joined from the oldest on. */
const mostRuns = 16
/** A jump further than this is a vehicle that counts anew, not readings that are missing. */
const furthestJump = 100_000

export const nothingSeen: SeenSequences = { runs: [], givenUp: 0 }

/** How many are missing between the first that was seen and the last. */
export function countGaps({ runs, givenUp }: SeenSequences): number {
  return runs.reduce((sum, run, index) => sum + missingBefore(runs, index, run), givenUp)
}

function missingBefore(runs: readonly OffsetSpan[], index: number, run: OffsetSpan): number {
  const before = runs[index - 1]
  return before === undefined ? 0 : run.first - before.last - 1
}

/**
 * What has been seen once a reading with `sequence` has come.
 *
 * @param isNewest whether no later reading of the vehicle is known: a sequence that goes back on
 *   the newest reading begins anew
 */
export function seeSequence(
  seen: SeenSequences,
  sequence: number,
  isNewest: boolean,
): SeenSequences {
  const [first, last] = [seen.runs[0], seen.runs.at(-1)]
  const alone = { runs: [{ first: sequence, last: sequence }], givenUp: 0 }
  if (first === undefined || last === undefined) return alone
  if (sequence === last.last + 1) return extended(seen, last, sequence)
  if (sequence > last.last) {
    return sequence - last.last > furthestJump ? alone : withRun(seen, sequence)
  }
  if (isNewest && sequence < last.last) return alone
  // From before the first that was seen it is not known what else had come.
  if (sequence < first.first) return seen
  return isSeen(seen.runs, sequence) ? seen : withRun(seen, sequence)
}

/** The usual case, without looking at any other run. */
function extended(seen: SeenSequences, last: OffsetSpan, sequence: number): SeenSequences {
  const grown = { first: last.first, last: sequence }
  return { runs: [...seen.runs.slice(0, -1), grown], givenUp: seen.givenUp }
}

function isSeen(runs: readonly OffsetSpan[], sequence: number): boolean {
  return runs.some(({ first, last }) => first <= sequence && sequence <= last)
}

function withRun({ runs, givenUp }: SeenSequences, sequence: number): SeenSequences {
  const sorted = [...runs, { first: sequence, last: sequence }].sort((a, b) => a.first - b.first)
  const joined: OffsetSpan[] = []
  for (const run of sorted) {
    const before = joined.at(-1)
    if (before !== undefined && run.first === before.last + 1) {
      joined[joined.length - 1] = { first: before.first, last: run.last }
    } else joined.push(run)
  }
  return bounded({ runs: joined, givenUp })
}

function bounded({ runs, givenUp }: SeenSequences): SeenSequences {
  const [oldest, next, ...rest] = runs
  if (runs.length <= mostRuns || oldest === undefined || next === undefined) {
    return { runs, givenUp }
  }
  const joined = { first: oldest.first, last: next.last }
  return { runs: [joined, ...rest], givenUp: givenUp + next.first - oldest.last - 1 }
}
