import type { JournalEntry } from '../uplink/journal.ts'
import { encodedBytes } from './records.ts'

/** Splits entries into groups of at most `bytes` encoded bytes. Each group has at least one entry. */
export function groupByBytes(entries: readonly JournalEntry[], bytes: number): JournalEntry[][] {
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
