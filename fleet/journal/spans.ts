import type { Span } from './records.ts'

/** Consecutive whole lines of a segment and their number. */
export type Run = Span & { readonly count: number }

/** Joins adjacent runs and sorts them. The given runs must not overlap. */
export function mergeRuns(runs: readonly Run[]): Run[] {
  const merged: Run[] = []
  for (const run of [...runs].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last?.to !== run.from) merged.push(run)
    else merged[merged.length - 1] = { from: last.from, to: run.to, count: last.count + run.count }
  }
  return merged
}

/** For each line, whether it lies in one of the spans. The lines are in ascending order. */
export function coverageOf(lines: readonly Span[], spans: readonly Span[]): boolean[] {
  const sorted = [...spans].sort((a, b) => a.from - b.from)
  let at = 0
  let covered = 0
  return lines.map(({ from, to }) => {
    for (; (sorted[at]?.from ?? Infinity) <= from; at += 1) {
      covered = Math.max(covered, sorted[at]?.to ?? 0)
    }
    return to <= covered
  })
}
