import type { JournalEntry } from '../uplink/journal.ts'
import { encodedBytes } from './records.ts'

/** The same entries in groups of at most `bytes` when they are encoded; one entry at least in each. */
export function inGroups(entries: readonly JournalEntry[], bytes: number): JournalEntry[][] {
  const groups: JournalEntry[][] = []
  let room = 0
  for (const entry of entries) {
    const size = encodedBytes(entry.text)
    if (size > room) {
      groups.push([])
      room = bytes
    }
    groups.at(-1)?.push(entry)
    room -= size
  }
  return groups
}
