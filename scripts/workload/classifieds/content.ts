import type { RefusalCode } from '../../../services/pipelines/decode/refusal-codes.ts'
import type { TestedPipeline } from './pipelines.ts'

/** What the records of the workload contain. All of it is computed from a few numbers. */

/**
 * - `plain`: a record that each pipeline stores
 * - `fine`: its price has three digits after the point, which only one of the pipelines accepts
 * - `held`: the table of one pipeline refuses it until the dead letters are redriven
 */
export type RowForm = 'plain' | 'fine' | 'held'

export type RowContent = {
  readonly form: RowForm
  /** Number of the advertisement. */
  readonly key: number
  /** Number of the version: the higher, the later is its `created_at`. Equal ranks have equal content. */
  readonly rank: number
}
/** A record that no pipeline can store; `variant` is an index of `garbage`. */
type GarbageContent = {
  readonly form: 'garbage'
  readonly key: number
  readonly variant: number
}
export type Content = RowContent | GarbageContent

/** The names of the records of one run, so that runs are not mixed up. */
export type RunName = string

const keyDigits = 9
export const idOf = (run: RunName, key: number): string =>
  `${run}${String(key).padStart(keyDigits, '0')}`
/** The ids of a run are between these texts. */
export const idRange = (run: RunName): readonly [string, string] => [
  run,
  `${run}${'9'.repeat(keyDigits)}`,
]
export const keyOfId = (id: string): number => Number(id.slice(-keyDigits))

type Garbage = {
  readonly code: RefusalCode
  readonly value: (id: string) => string | Buffer | null
}

const aTime = '2026-01-31T12:00:00Z'

/** Records that become dead letters, and the reason of each. */
export const garbage: readonly Garbage[] = [
  { code: 'not-json', value: (id) => `{"id":"${id}", {{{` },
  { code: 'not-an-object', value: (id) => JSON.stringify([id]) },
  { code: 'missing-field', value: () => JSON.stringify({ created_at: aTime }) },
  { code: 'out-of-range', value: (id) => `{"id":"${id}","price":1000000000000}` },
  { code: 'wrong-type', value: (id) => JSON.stringify({ id, created_at: 'yesterday' }) },
  { code: 'bad-text', value: (id) => JSON.stringify({ id: `${id}\0` }) },
  { code: 'not-utf8', value: (id) => Buffer.concat([Buffer.from(id), Buffer.from([0xff, 0xfe])]) },
  { code: 'no-value', value: () => null },
]

const beginMs = Date.parse('2026-01-01T00:00:00Z')
const msPerRank = 60_000
const heldType = 'Held'

const createdAtMs = ({ key, rank }: RowContent): number => beginMs + key * 7 + rank * msPerRank

/** The price in thousandths. */
function thousandths({ form, key, rank }: RowContent): number {
  const cents = (key * 7_919 + (rank + 8) * 31) % 1_000_000
  return cents * 10 + (form === 'fine' ? 5 : 0)
}

const adTypeOf = ({ form, key }: RowContent): string | undefined => {
  if (form === 'held') return heldType
  return key % 3 === 0 ? undefined : 'Paid'
}

const textOf = ({ key, rank }: RowContent): string => `Ärger "${key}" → version ${rank}`

/** The value of the record. */
export function valueOf(run: RunName, content: Content): string | Buffer | null {
  const id = idOf(run, content.key)
  if (content.form === 'garbage') return garbage[content.variant]?.value(id) ?? null
  // Seven decimals. The last one is cut.
  const createdAt = new Date(createdAtMs(content)).toISOString().replace('Z', '4567Z')
  return JSON.stringify({
    id,
    customer_id: `customer ${content.key % 100}`,
    created_at: createdAt,
    text: textOf(content),
    ad_type: adTypeOf(content),
    price: thousandths(content) / 1_000,
  })
}

/** The condition by which a table refuses the records that are held back. */
export const refusesHeld = `ad_type <> '${heldType}'`

/** The reason for which a pipeline refuses a record when it decodes it. */
export function refusalOf(
  { priceScale }: TestedPipeline,
  content: Content,
): RefusalCode | undefined {
  if (content.form === 'garbage') return garbage[content.variant]?.code
  return content.form === 'fine' && priceScale < 3 ? 'inexact-number' : undefined
}

/** SQL expressions of the compared columns; `rowText` has their values. */
export const comparedColumns: Readonly<Record<TestedPipeline['rule'], readonly string[]>> = {
  newest: [
    'customer_id',
    '(extract(epoch FROM created_at) * 1000000)::bigint',
    'text',
    'ad_type',
    'price',
    'currency',
    'payment_type',
    'payment_cost',
  ],
  update: ['(extract(epoch FROM created_at) * 1000000)::bigint', 'text', 'price'],
}

/** The values of the compared columns of the row that a record becomes, each as a text. */
export function rowValues({ rule, priceScale }: TestedPipeline, content: RowContent): string[] {
  const createdAt = String(createdAtMs(content) * 1_000 + 456)
  const price = (thousandths(content) / 1_000).toFixed(priceScale)
  if (rule === 'update') return [createdAt, textOf(content), price]
  const customer = `customer ${content.key % 100}`
  const adType = adTypeOf(content) ?? 'Free'
  return [customer, createdAt, textOf(content), adType, price, 'EUR', 'Offline', '0.000']
}
