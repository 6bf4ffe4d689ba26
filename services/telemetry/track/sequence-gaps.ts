import type { OffsetSpan } from '../../ledger/ledger.ts'

/**
 * Which sequences of one vehicle have been seen since the first: runs in ascending order, with what
 * is missing between them. Late readings fill the gaps, doubled ones change nothing.
 */
export type SeenSequences = {
  readonly runs: readonly OffsetSpan[]
  /** Missing between runs that were joined to keep their number bounded: given up. */
  readonly forgottenGaps: number
}

/** More runs than these are joined from the oldest on. */
const maxRuns = 16
/** A jump further than this is a vehicle that counts anew, not readings that are missing. */
const maxJump = 100_000

export const noSequencesSeen: SeenSequences = { runs: [], forgottenGaps: 0 }

/** How many are missing between the first that was seen and the last. */
export function countGaps({ runs, forgottenGaps }: SeenSequences): number {
  return runs.reduce((sum, run, index) => sum + missingBefore(runs, index, run), forgottenGaps)
}

function missingBefore(runs: readonly OffsetSpan[], index: number, run: OffsetSpan): number {
  const previous = runs[index - 1]
  return previous === undefined ? 0 : run.first - previous.last - 1
}

/**
 * What has been seen once a reading with `sequence` has come.
 *
 * @param isNewest whether no later reading of the vehicle is known: a sequence that goes back on
 *   the newest reading begins anew
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
  // From before the first that was seen it is not known what else had come.
  if (sequence < first.first) return seen
  return isSeen(seen.runs, sequence) ? seen : addRun(seen, sequence)
}

/** The usual case, without looking at any other run. */
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
