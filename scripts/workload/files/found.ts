import type pg from 'pg'
import type { DroppedFile } from './dropped-file.ts'
import { readStarts } from './pipeline.ts'
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
  const starts = readStarts(folder)
  const attempts = await readAttempts(pool, run)
  for (const { route, content, name } of dropped) {
    const times = starts.get(name)
    if (route === 'command' && times !== undefined)
      found.set(content, foundOfCommand(times, attempts.get(name) ?? 1))
  }
  return found
}

/** A command is started at least once. Each attempt of its task may start it once. */
export const foundOfCommand = (starts: number, attempts: number): Found => ({
  ...{ rows: Math.max(1, 1 + starts - attempts), lines: 1, letters: 0 },
})

/** The attempts of the tasks of the commands, by the names of their files. */
async function readAttempts(pool: pg.Pool, run: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ name: string; attempts: number }>(
    `SELECT split_part(file.key, '/', -1) AS name, sum(task.attempt)::int AS attempts
     FROM file JOIN task ON task.id = file.task
     WHERE file.pipeline = $2 AND split_part(file.key, '/', -1) LIKE $1 || '-%' GROUP BY 1`,
    [run, pipelineOf.command],
  )
  return new Map(rows.map(({ name, attempts }) => [name, attempts]))
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
