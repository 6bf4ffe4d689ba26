import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import { microsecondsPerDay } from '../../services/telemetry/reading/reading.ts'
import { readingTable } from '../../services/telemetry/reading/reading-table.ts'
import { createLetterDecoder } from './redrive.ts'
import type { Session } from './session.ts'

/** A field in which the row of the same key says something else than the letter. */
type Difference = {
  readonly field: string
  readonly inRow: unknown
  readonly inLetter: unknown
}

/** What a redrive would make of a letter now. */
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
      return 'it is a reading, and nothing stands under its key: redrive stores it'
    case 'duplicate':
      return 'it is a reading, and its row is there: redrive marks it as duplicate'
    case 'kept':
      return `it stays a dead letter, ${today.reason}: ${today.detail}`
    case 'key-conflict':
      return `it stays a dead letter, the row under its key says otherwise: ${describeDifferences(today.differences)}`
    default:
      return today satisfies never
  }
}

function describeDifferences(differences: readonly Difference[]): string {
  return differences
    .map(({ field, inRow, inLetter }) => {
      const [there, here] = [inRow, inLetter].map((value) => JSON.stringify(value))
      return `${field} ${there ?? ''} there, ${here ?? ''} here`
    })
    .join('; ')
}
