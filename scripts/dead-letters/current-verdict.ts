import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import { microsecondsPerDay } from '../../services/telemetry/reading/reading.ts'
import { readingTable } from '../../services/telemetry/reading/reading-table.ts'
import { createLetterDecoder } from './redrive.ts'
import type { Session } from './session.ts'

/** A field whose value in the row of the same key differs from the dead letter. */
type Difference = {
  readonly field: string
  readonly inRow: unknown
  readonly inLetter: unknown
}

/** What a redrive would do with a dead letter now. */
export type CurrentVerdict =
  | { readonly kind: 'stored' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'kept'; readonly reason: string; readonly detail: string }
  | { readonly kind: 'key-conflict'; readonly differences: readonly Difference[] }

export async function judgeWithCurrentCode(
  { config, letters }: Session,
  letter: DeadLetter,
): Promise<CurrentVerdict> {
  const judge = createLetterDecoder(config.postgres.retentionDays * microsecondsPerDay)
  const [entry] = await judge([letter])
  if (entry === undefined) throw new Error(`the dead letter ${letter.id} was not judged`)
  if (entry.kind === 'refused') return { kind: 'kept', reason: entry.code, detail: entry.detail }
  const differing = await letters.differences(readingTable(config.postgres.table), entry.row)
  if (differing === undefined) return { kind: 'stored' }
  const differences = differing.map(({ column, ...values }) => ({ field: column, ...values }))
  return differences.length === 0 ? { kind: 'duplicate' } : { kind: 'key-conflict', differences }
}

export function describeCurrentVerdict(today: CurrentVerdict): string {
  switch (today.kind) {
    case 'stored':
      return 'valid reading, no row with its key: redrive stores it'
    case 'duplicate':
      return 'valid reading, its row exists: redrive marks it as duplicate'
    case 'kept':
      return `stays a dead letter (${today.reason}): ${today.detail}`
    case 'key-conflict':
      return `stays a dead letter, the row with its key has other values: ${describeDifferences(today.differences)}`
    default:
      return today satisfies never
  }
}

function describeDifferences(differences: readonly Difference[]): string {
  return differences
    .map(({ field, inRow, inLetter }) => {
      const [row, letter] = [inRow, inLetter].map((value) => JSON.stringify(value))
      return `${field} ${row ?? ''} in the row, ${letter ?? ''} in the dead letter`
    })
    .join('; ')
}
