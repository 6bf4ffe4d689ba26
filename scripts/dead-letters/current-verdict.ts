import type { PostgresDeadLetterStore } from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DecodeLetters } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import type { TableSchema } from '../../services/ledger/table-schema.ts'

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
  /** The conflict rule decides which of the two remains. */
  | { readonly kind: 'newer-remains'; readonly differences: readonly Difference[] }

type Parts<Row> = {
  readonly letters: PostgresDeadLetterStore
  readonly schema: TableSchema<Row>
  readonly decode: DecodeLetters<Row>
}

export async function judgeWithCurrentCode<Row>(
  { letters, schema, decode }: Parts<Row>,
  letter: DeadLetter,
): Promise<CurrentVerdict> {
  const [entry] = await decode([letter])
  if (entry === undefined) throw new Error(`the dead letter ${letter.id} was not judged`)
  if (entry.kind === 'refused') return { kind: 'kept', reason: entry.code, detail: entry.detail }
  if (schema.key.length === 0) return { kind: 'stored' }
  const differing = await letters.differences(schema, entry.row)
  if (differing === undefined) return { kind: 'stored' }
  const differences = differing.map(({ column, ...values }) => ({ field: column, ...values }))
  if (differences.length === 0) return { kind: 'duplicate' }
  const isCompared = schema.onConflict.kind !== 'keep'
  return { kind: isCompared ? 'newer-remains' : 'key-conflict', differences }
}

/** @param unit e.g. `readings` */
export function describeCurrentVerdict(today: CurrentVerdict, unit: string): string {
  const valid = `valid ${unit.replace(/s$/, '')}`
  switch (today.kind) {
    case 'stored':
      return `${valid}: redrive adds its row`
    case 'duplicate':
      return `${valid}, its row exists: redrive marks it as duplicate`
    case 'kept':
      return `stays a dead letter (${today.reason}): ${today.detail}`
    case 'key-conflict':
      return `stays a dead letter, the row with its key has other values: ${describeDifferences(today.differences)}`
    case 'newer-remains':
      return `${valid}, the row with its key has other values: redrive keeps the newer of the two: ${describeDifferences(today.differences)}`
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
