import type { FileState } from '../../../ledger/tasks/task.ts'
import { fileStates } from '../../../ledger/tasks/task.ts'
import type { File, FileCount } from '../../api/files.ts'
import { formatAge, formatBytes, formatCount, formatDuration, formatLatency } from './format.ts'
import { formatMoment } from './format.ts'

/** What the page Work says about files. */

/** The state in words, also that a cancellation was requested. */
export function stateOf({ state, isCancelRequested }: File): string {
  return isCancelRequested ? 'canceling' : state
}

/** `12,000 lines · 5.2 of 10 MB · 52 %`; undefined unless it is loaded now. */
export function progressOf({ state, size, readBytes, lines }: File): string | undefined {
  if (state !== 'running' || readBytes === null || size === 0) return undefined
  return [
    ...(lines === null || lines === 0 ? [] : [countOf(lines, 'line')]),
    `${formatBytes(readBytes)} of ${formatBytes(size)}`,
    `${Math.floor((100 * readBytes) / size)} %`,
  ].join(' · ')
}

const countOf = (count: number, unit: string): string =>
  `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`

/** When it was found, and what came out. @param now milliseconds since the Unix epoch */
export function summaryOf(file: File, now: number): string {
  const { size, rows, rejected, attempt, state } = file
  return [
    timesOf(file, now),
    ...(rows === null ? [] : [countOf(rows, 'row')]),
    ...(rejected === null || rejected === 0 ? [] : [`${formatCount(rejected)} rejected`]),
    ...(attempt !== null && attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(state === 'running' ? [] : [formatBytes(size)]),
  ].join(' · ')
}

function timesOf(file: File, now: number): string {
  const since = (at: string | null): number => Math.max(0, now - Date.parse(at ?? file.foundAt))
  switch (file.state) {
    case 'unmatched':
      return `found ${formatAge(since(file.foundAt))}`
    case 'queued':
      return `found ${formatAge(since(file.foundAt))}, waits`
    case 'running':
      return `running for ${formatDuration(since(file.startedAt))}`
    case 'complete':
    case 'failed':
    case 'canceled':
      return `ended ${formatAge(since(file.endedAt ?? file.archivedAt))}${tookOf(file)}`
    default:
      return file.state satisfies never
  }
}

/** Empty if it is not known. */
function tookOf({ startedAt, endedAt }: File): string {
  if (startedAt === null || endedAt === null) return ''
  return `, took ${formatLatency(Date.parse(endedAt) - Date.parse(startedAt))}`
}

/** Why it was not loaded, or what is special about it; empty if there is nothing. */
export function reasonOf({ fault, detail, state }: File): string {
  if (fault === null) return detail ?? ''
  const isOver = state === 'queued' || state === 'running'
  return `${isOver ? 'The previous attempt failed. ' : ''}${fault.code}: ${fault.message}`
}

/** Whether the reason is a fault, not a note. */
export const hasFault = ({ fault, state }: File): boolean => fault !== null || state === 'unmatched'

/** The facts of an open file: label and value. @param now milliseconds since the Unix epoch */
export function factsOf(file: File, now: number): readonly (readonly [string, string])[] {
  const moment = (at: string | null): string =>
    at === null ? '–' : formatMoment(Date.parse(at), now)
  const count = (value: number | null): string => (value === null ? '–' : formatCount(value))
  return [
    ['Size', formatBytes(file.size)],
    ['Lines', count(file.lines)],
    ['Rows', count(file.rows)],
    ['Rejected', count(file.rejected)],
    ['Attempts', count(file.attempt)],
    ['Found', moment(file.foundAt)],
    ['Ended', moment(file.endedAt)],
    ['Moved', moment(file.archivedAt)],
  ]
}

/** Where the file is: `01_inbox/a.csv → 03_archive/a.csv`. */
export function placeOf({ key, target, archivedAt }: File): string {
  if (target === null) return archivedAt === null ? key : `${key} (removed)`
  return `${key} → ${target}`
}

/** What a user can do with the file. */
export function changeOf({ state, task }: File): 'cancel' | 'retry' | undefined {
  if (task === null) return undefined
  if (state === 'failed' || state === 'canceled') return 'retry'
  return state === 'complete' || state === 'unmatched' ? undefined : 'cancel'
}

/** The number of files in each state, of one pipeline or of all. */
export function countsByState(
  counts: readonly FileCount[],
  pipeline: string | undefined,
): ReadonlyMap<FileState, number> {
  const meant = counts.filter((count) => pipeline === undefined || count.pipeline === pipeline)
  const sum = (state: FileState): number =>
    meant.filter((count) => count.state === state).reduce((all, { count }) => all + count, 0)
  return new Map(fileStates.map((state) => [state, sum(state)]))
}
