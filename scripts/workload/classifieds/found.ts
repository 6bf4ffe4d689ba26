import type pg from 'pg'
import type { LedgerEntry, SpanOutcome } from '../../../services/ledger/ledger.ts'
import { emptyEntry } from '../../../services/ledger/ledger.ts'
import type { Place } from './account.ts'
import type { RunName } from './content.ts'
import { comparedColumns, idRange, keyOfId } from './content.ts'
import type { TestedPipeline } from './pipelines.ts'
import type { TopicRange } from './read-topic.ts'

/** What a pipeline has made of the records, as Postgres has it. */

export type FoundRow = {
  readonly key: number
  /** The compared columns, as texts. */
  readonly values: readonly (string | null)[]
  /** The record that the row was written from. */
  readonly place: Place
}

export type FoundLetter = Place & {
  readonly code: string
  /** What a redrive made of it; null before that. */
  readonly redrivenAs: string | null
}

export type FoundSpan = {
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly outcome: SpanOutcome
}

/** What is recorded for one offset: a record has exactly one of them, or none if it is stored. */
export type Outcome = SpanOutcome | FoundLetter

/** A text that identifies a place. */
const placeKey = ({ partition, offset }: Place): string => `${partition} ${offset}`

/** The outcomes of the settled offsets of a range. */
export class Outcomes {
  readonly letters: readonly FoundLetter[]
  readonly #range: TopicRange
  readonly #recorded = new Map<string, Outcome[]>()

  /** @param range the offsets of the run; an offset outside is not settled */
  constructor(range: TopicRange, letters: readonly FoundLetter[], spans: Iterable<FoundSpan>) {
    this.#range = range
    this.letters = letters
    for (const letter of letters) this.#record(letter, letter)
    for (const { partition, first, last, outcome } of spans) {
      for (let offset = first; offset <= last; offset += 1)
        this.#record({ partition, offset }, outcome)
    }
  }

  #record(place: Place, outcome: Outcome): void {
    const key = placeKey(place)
    const present = this.#recorded.get(key)
    if (present) present.push(outcome)
    else this.#recorded.set(key, [outcome])
  }

  /** What is recorded at an offset; `stored` if it is settled and nothing is; empty if it is not settled. */
  at(place: Place): readonly (Outcome | 'stored')[] {
    const { partition, offset } = place
    const recorded = this.#recorded.get(placeKey(place))
    if (recorded) return recorded
    const { from, to } = this.#range
    const isSettled = offset >= (from[partition] ?? 0) && offset < (to[partition] ?? 0)
    return isSettled ? ['stored'] : []
  }

  /** How often each outcome occurs in the range, as the ledgers should count it. */
  counts(): LedgerEntry {
    const { from, to } = this.#range
    let counts = emptyEntry
    for (const [partition, end] of to.entries()) {
      for (let offset = from[partition] ?? 0; offset < end; offset += 1) {
        for (const outcome of this.at({ partition, offset })) counts = plusOne(counts, outcome)
      }
    }
    return counts
  }
}

function plusOne(counts: LedgerEntry, outcome: Outcome | 'stored'): LedgerEntry {
  const name = typeof outcome === 'string' ? columnOf[outcome] : 'deadLettered'
  return { ...counts, [name]: counts[name] + 1 }
}

const columnOf: Readonly<Record<SpanOutcome | 'stored', keyof LedgerEntry>> = {
  stored: 'stored',
  updated: 'updated',
  superseded: 'updated',
  duplicate: 'duplicate',
  expired: 'expired',
}

/** Reads the dead letters and the spans of a pipeline in a log. `range` says which offsets are settled. */
export async function readOutcomes(
  pool: pg.Pool,
  { name }: TestedPipeline,
  { logId, range }: { readonly logId: number; readonly range: TopicRange },
): Promise<Outcomes> {
  const parameters = [name, logId, range.from]
  const letters = await pool.query<LetterRow>({
    text: `SELECT partition, record_offset, code, redriven_as
           FROM dead_letter JOIN unnest($3::bigint[]) WITH ORDINALITY AS begin (first, number)
             ON number = partition + 1
           WHERE pipeline = $1 AND log_id = $2 AND record_offset >= first`,
    values: parameters,
  })
  const spans = await pool.query<SpanRow>({
    text: `SELECT partition, first_offset, last_offset, outcome
           FROM offset_span JOIN unnest($3::bigint[]) WITH ORDINALITY AS begin (first, number)
             ON number = partition + 1
           WHERE pipeline = $1 AND log_id = $2 AND first_offset >= first`,
    values: parameters,
  })
  return new Outcomes(range, letters.rows.map(toLetter), spans.rows.map(toSpan))
}

type LetterRow = {
  readonly partition: number
  readonly record_offset: number
  readonly code: string
  readonly redriven_as: string | null
}
type SpanRow = {
  readonly partition: number
  readonly first_offset: number
  readonly last_offset: number
  readonly outcome: SpanOutcome
}

const toLetter = (row: LetterRow): FoundLetter => ({
  ...{ partition: row.partition, offset: row.record_offset },
  ...{ code: row.code, redrivenAs: row.redriven_as },
})

const toSpan = (row: SpanRow): FoundSpan => ({
  ...{ partition: row.partition, outcome: row.outcome },
  ...{ first: row.first_offset, last: row.last_offset },
})

const rowsPerQuery = 20_000

/** Reads the rows of a run, a part at a time. */
export async function* readRows(
  pool: pg.Pool,
  { name, rule }: TestedPipeline,
  run: RunName,
): AsyncGenerator<FoundRow> {
  const columns = comparedColumns[rule].map((column) => `(${column})::text`)
  const [lowest, last] = idRange(run)
  for (let after = lowest; ;) {
    const { rows } = await pool.query<(string | number | null)[]>({
      rowMode: 'array',
      text: `SELECT id, _partition, _offset, ${columns.join(', ')}
             FROM data."${name}" WHERE id > $1 AND id <= $2 ORDER BY id LIMIT ${rowsPerQuery}`,
      values: [after, last],
    })
    yield* rows.map(toRow)
    const id = rows.at(-1)?.[0]
    if (rows.length < rowsPerQuery || typeof id !== 'string') return
    after = id
  }
}

function toRow([id, partition, offset, ...values]: (string | number | null)[]): FoundRow {
  return {
    key: keyOfId(String(id)),
    values: values.map((value) => (value === null ? null : String(value))),
    place: { partition: Number(partition), offset: Number(offset) },
  }
}
