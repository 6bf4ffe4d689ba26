import type pg from 'pg'
import type { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import type { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { readRange } from '../read-range.ts'
import type { FoundTask } from './judge.ts'

/** Reads what the platform has made of the messages of a run. */

/** Beginning of the units of a run. */
const prefixOf = (run: string): string => `${run}-`

export async function readTasks(
  pool: pg.Pool,
  pipeline: string,
  run: string,
): Promise<Map<string, FoundTask>> {
  const { rows } = await pool.query<FoundTask & { unit: string }>(
    'SELECT unit, state, code FROM task WHERE pipeline = $1 AND starts_with(unit, $2)',
    [pipeline, prefixOf(run)],
  )
  return new Map(rows.map(({ unit, state, code }) => [unit, { state, code }]))
}

/** The number of rows by unit. */
export async function readRows(
  pool: pg.Pool,
  table: string,
  run: string,
): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ unit: string; count: number }>(
    `SELECT unit, count(*)::int AS count FROM data."${table}" WHERE starts_with(unit, $1)
     GROUP BY unit`,
    [prefixOf(run)],
  )
  return new Map(rows.map(({ unit, count }) => [unit, count]))
}

/** Codes of the dead letters by unit. */
export async function readLetters(
  pool: pg.Pool,
  pipeline: string,
  run: string,
): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ unit: string; codes: string[] }>(
    `SELECT convert_from(record_key, 'UTF8') AS unit, array_agg(code) AS codes FROM dead_letter
     WHERE pipeline = $1 AND starts_with(convert_from(record_key, 'UTF8'), $2)
     GROUP BY record_key`,
    [pipeline, prefixOf(run)],
  )
  return new Map(rows.map(({ unit, codes }) => [unit, codes]))
}

/** A topic, and its ends before the first message of a run. */
export type TopicSince = {
  readonly topic: string
  readonly admin: TopicAdmin
  readonly from: readonly number[]
}

async function rangeSince({ topic, admin, from }: TopicSince) {
  return { topic, from, to: await endsOf(admin) }
}

/** The end of each partition; empty if there is no topic yet. The one for errors begins with the first error. */
export async function endsOf(admin: TopicAdmin): Promise<number[]> {
  if (!(await admin.exists())) return []
  return (await admin.ranges()).map(({ high }) => high)
}

/** How often the topic holds each message. */
export async function readRecords(
  kafka: ClosableKafka,
  since: TopicSince,
  run: string,
): Promise<Map<string, number>> {
  const records = new Map<string, number>()
  await readRange(kafka, await rangeSince(since), ({ key }) => {
    const unit = String(key)
    if (unit.startsWith(prefixOf(run))) records.set(unit, (records.get(unit) ?? 0) + 1)
  })
  return records
}

type Envelope = { readonly id: string; readonly pipeline: string; readonly code: string }
/** Codes by unit and id of the envelope. */
export type Envelopes = Map<string, Map<string, string>>

/** The error envelopes by pipeline. */
export async function readEnvelopes(
  kafka: ClosableKafka,
  since: TopicSince,
): Promise<Map<string, Envelopes>> {
  const found = new Map<string, Envelopes>()
  await readRange(kafka, await rangeSince(since), ({ key, value }) => {
    const { id, pipeline, code } = JSON.parse(String(value)) as Envelope
    const units = found.get(pipeline) ?? new Map<string, Map<string, string>>()
    const ids = units.get(String(key)) ?? new Map<string, string>()
    found.set(pipeline, units.set(String(key), ids.set(id, code)))
  })
  return found
}
