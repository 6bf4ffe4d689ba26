import type pg from 'pg'
import type { DroppedFile } from './dropped-file.ts'
import { readEffects } from './pipeline.ts'
import { pipelineOf, tableOf, vinOf } from './routes.ts'

/** The effects of one content. @member lines how many different lines have a row */
type Found = { readonly rows: number; readonly lines: number; readonly letters: number }

/** The effects of the contents, by their numbers. */
export type FoundContents = ReadonlyMap<number, Found>

/** Reads the effects of the files of a run. */
export async function readContents(
  pool: pg.Pool,
  run: string,
  { folder, dropped }: { readonly folder: string; readonly dropped: readonly DroppedFile[] },
): Promise<FoundContents> {
  const loaded = await Promise.all(
    [tableOf.table, tableOf.rows, tableOf.messages].map((table) => readTable(pool, run, table)),
  )
  const found = new Map(loaded.flat())
  for (const [content, letters] of await readLetters(pool, run)) {
    const { rows, lines } = found.get(content) ?? { rows: 0, lines: 0 }
    found.set(content, { rows, lines, letters })
  }
  const readings = await readReadings(pool, run, dropped)
  for (const [content, rows] of readings) found.set(content, { rows, lines: rows, letters: 0 })
  const effects = readEffects(folder)
  for (const { route, content, name } of dropped)
    if (route === 'command' && effects.has(name))
      found.set(content, { rows: 1, lines: 1, letters: 0 })
  return found
}

type ContentRow = Found & { readonly content: number }

/** A table that a handler makes is missing until its first row. */
async function readTable(pool: pg.Pool, run: string, table: string): Promise<[number, Found][]> {
  const { rows: tables } = await pool.query<{ exists: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS exists',
    [`data.${table}`],
  )
  if (tables[0]?.exists !== true) return []
  const { rows } = await pool.query<ContentRow>(
    `SELECT content::int, count(*)::int AS rows, count(DISTINCT line)::int AS lines, 0 AS letters
     FROM data.${table} WHERE run = $1 GROUP BY content`,
    [run],
  )
  return rows.map(({ content, ...found }) => [content, found])
}

async function readLetters(pool: pg.Pool, run: string): Promise<[number, number][]> {
  const { rows } = await pool.query<{ content: number; letters: number }>(
    `SELECT split_part(convert_from(record_value, 'UTF8'), ',', 2)::int AS content, count(*)::int AS letters
     FROM dead_letter WHERE pipeline = $2 AND starts_with(convert_from(record_value, 'UTF8'), $1 || ',')
     GROUP BY 1`,
    [run, pipelineOf.table],
  )
  return rows.map(({ content, letters }) => [content, letters])
}

async function readReadings(
  pool: pg.Pool,
  run: string,
  dropped: readonly DroppedFile[],
): Promise<[number, number][]> {
  const contents = dropped.filter(({ route }) => route === 'readings')
  const byVin = new Map(contents.map(({ content }) => [vinOf(run, content), content]))
  const { rows } = await pool.query<{ vin: string; rows: number }>(
    'SELECT vin, count(*)::int AS rows FROM diag WHERE vin = ANY ($1) GROUP BY vin',
    [[...byVin.keys()]],
  )
  return rows.map(({ vin, rows: count }) => [byVin.get(vin) ?? 0, count])
}
