import { cpSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pino } from 'pino'
import { openJournal } from '../../fleet/journal/open-journal.ts'
import type { Journal, JournalEntry, JournalReading } from '../../fleet/uplink/journal.ts'
import { ManualClock } from './manual-clock.ts'

/** A log line of the journal. */
type LoggedEvent = { readonly event: string; readonly reason?: string }

export type OpenedJournal = { readonly journal: Journal; readonly logged: readonly LoggedEvent[] }

export function aJournal(
  folder: string,
  { megabytes = 64, clock = new ManualClock() } = {},
): OpenedJournal {
  const logged: LoggedEvent[] = []
  const write = (line: string): void => {
    logged.push(JSON.parse(line) as LoggedEvent)
  }
  const logger = pino({ messageKey: 'event' }, { write })
  return { journal: openJournal({ folder, megabytes, clock, logger }), logged }
}

/** Copies a journal as a killed process leaves it: its files without a held lock. */
export function copyWithoutLock(folder: string, to: string): string {
  cpSync(folder, to, { recursive: true, filter: (path) => basename(path) !== 'lock' })
  return to
}

export function segmentsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.readings'))
  return names.sort().map((name) => join(folder, name))
}

/** The total size of a journal's files, without its lock. */
export function bytesIn(folder: string): number {
  const names = readdirSync(folder).filter((name) => name.includes('.readings'))
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** Readings of one vehicle with consecutive sequence numbers, each of about `bytes` bytes. */
export function journalReadings(first: number, count: number, bytes = 100): JournalReading[] {
  return Array.from({ length: count }, (_, at) => {
    const [vin, sequence] = ['V1', first + at]
    return { vin, sequence, text: JSON.stringify({ vin, sequence, pad: 'x'.repeat(bytes) }) }
  })
}

export function sequencesOf(entries: readonly JournalEntry[]): number[] {
  return entries.map(({ text }) => (JSON.parse(text) as { sequence: number }).sequence)
}

/** Takes every entry that one request can take: those in memory, or else those on disk. */
export function takeAll(journal: Journal): JournalEntry[] {
  return journal.take({ entries: 1_000_000, bytes: 1e9 })
}

/** The sequence numbers of all pending readings, the oldest first. They stay pending. */
export function pendingSequences(journal: Journal): number[] {
  const entries = takeAll(journal)
  journal.giveBack(entries)
  return sequencesOf(entries)
}
