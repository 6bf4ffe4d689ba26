import type { OffsetSpan } from '../../ledger/ledger.ts'

/**
 * The sequence numbers of one vehicle that have been seen since the first one: runs in ascending
 * order, with gaps between them. Late readings fill the gaps; duplicates change nothing.
 */
export type SeenSequences = {
  readonly runs: readonly OffsetSpan[]
  /** Missing numbers between runs that were joined to limit the number of runs. They stay missing. */
  readonly forgottenGaps: number
}

/** If there are more runs, the two oldest are joined. */
const maxRuns = 16
/** A larger jump means that the vehicle restarted its counter, not that readings are missing. */
const maxJump = 100_000

export const noSequencesSeen: SeenSequences = { runs: [], forgottenGaps: 0 }

/** Returns how many numbers are missing between the first and the last one seen. */
export function countGaps({ runs, forgottenGaps }: SeenSequences): number {
  return runs.reduce((sum, run, index) => sum + missingBefore(runs, index, run), forgottenGaps)
}

function missingBefore(runs: readonly OffsetSpan[], index: number, run: OffsetSpan): number {
  const previous = runs[index - 1]
  return previous === undefined ? 0 : run.first - previous.last - 1
}

/**
 * Adds the sequence number of a reading that has arrived.
 *
 * @param isNewest whether no later reading of the vehicle is known. If the newest reading has a
 *   lower number than before, the vehicle has restarted its counter.
 */
export function addSeenSequence(
  seen: SeenSequences,
  sequence: number,
  isNewest: boolean,
): SeenSequences {
  const [first, last] = [seen.runs[0], seen.runs.at(-1)]
  const restarted = { runs: [{ first: sequence, last: sequence }], forgottenGaps: 0 }
  if (first === undefined || last === undefined) return restarted
  if (sequence === last.last + 1) return extendLastRun(seen, last, sequence)
  if (sequence > last.last) {
    return sequence - last.last > maxJump ? restarted : addRun(seen, sequence)
  }
  if (isNewest && sequence < last.last) return restarted
  // Which numbers arrived before the first one seen is unknown.
  if (sequence < first.first) return seen
  return isSeen(seen.runs, sequence) ? seen : addRun(seen, sequence)
}

/** The usual case: no other run needs to be checked. */
function extendLastRun(seen: SeenSequences, last: OffsetSpan, sequence: number): SeenSequences {
  const grown = { first: last.first, last: sequence }
  return { runs: [...seen.runs.slice(0, -1), grown], forgottenGaps: seen.forgottenGaps }
}

function isSeen(runs: readonly OffsetSpan[], sequence: number): boolean {
  return runs.some(({ first, last }) => first <= sequence && sequence <= last)
}

function addRun({ runs, forgottenGaps }: SeenSequences, sequence: number): SeenSequences {
  const sorted = [...runs, { first: sequence, last: sequence }].sort((a, b) => a.first - b.first)
  const joined: OffsetSpan[] = []
  for (const run of sorted) {
    const previous = joined.at(-1)
    if (previous !== undefined && run.first === previous.last + 1) {
      joined[joined.length - 1] = { first: previous.first, last: run.last }
    } else joined.push(run)
  }
  return limitRuns({ runs: joined, forgottenGaps })
}

function limitRuns({ runs, forgottenGaps }: SeenSequences): SeenSequences {
  const [oldest, next, ...rest] = runs
  if (runs.length <= maxRuns || oldest === undefined || next === undefined) {
    return { runs, forgottenGaps }
  }
  const joined = { first: oldest.first, last: next.last }
  return { runs: [joined, ...rest], forgottenGaps: forgottenGaps + next.first - oldest.last - 1 }
}
