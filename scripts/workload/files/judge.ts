import type pg from 'pg'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import { TaskReader } from '../../../services/adapters/postgres/tasks/task-reader.ts'
import { missingTasks } from '../../../services/ledger/tasks/task-account.ts'
import type { Judgement } from '../workload.ts'
import type { DroppedFile } from './dropped-file.ts'
import { effectsOf } from './dropped-file.ts'
import type { Load } from './load.ts'
import { archive, inbox, pipeline } from './pipeline.ts'

export type JudgedRun = {
  readonly pool: pg.Pool
  readonly store: ObjectStore
  readonly run: string
  readonly load: Load
}

type Found = { readonly rows: number; readonly lines: number; readonly letters: number }

/** Compares the files that were dropped with the rows, the dead letters, the tasks and the archive. */
export async function judge({ pool, store, run, load }: JudgedRun): Promise<Judgement> {
  const contents = new Map(load.dropped.map((file) => [file.content, file]))
  const found = await readContents(pool, run)
  let [lost, surplus] = [0, 0]
  for (const file of contents.values()) {
    const expected = effectsOf(file, load.withBadLines.has(file.content))
    const { rows, lines, letters } = found.get(file.content) ?? { rows: 0, lines: 0, letters: 0 }
    if (lines < expected.rows || letters < expected.letters) lost += 1
    surplus += Math.max(0, rows - expected.rows) + Math.max(0, letters - expected.letters)
  }
  const findings = [
    ...(await placeFaults(store, run, load.dropped)),
    ...(await stateFaults(pool, run)),
  ]
  const account = (await new TaskReader(pool).accounts()).find((each) => each.pipeline === pipeline)
  return {
    acknowledged: load.dropped.length,
    stored: load.dropped.length - lost,
    ...{ lost, duplicateRows: surplus, refused: load.refused, findings },
    ledgerBalanced: account !== undefined && missingTasks(account) === 0,
  }
}

async function readContents(pool: pg.Pool, run: string): Promise<Map<number, Found>> {
  const { rows } = await pool.query<Found & { content: number }>(
    `SELECT content, sum(rows)::int AS rows, sum(lines)::int AS lines, sum(letters)::int AS letters
     FROM (
       SELECT content, count(*) AS rows, count(DISTINCT line) AS lines, 0 AS letters
       FROM data.${pipeline} WHERE run = $1 GROUP BY content
       UNION ALL
       SELECT split_part(convert_from(record_value, 'UTF8'), ',', 2)::int, 0, 0, count(*)
       FROM dead_letter WHERE pipeline = $2 AND starts_with(convert_from(record_value, 'UTF8'), $1 || ',')
       GROUP BY 1
     ) AS effects GROUP BY content`,
    [run, pipeline],
  )
  return new Map(rows.map(({ content, ...found }) => [content, found]))
}

/** Each file is in the archive, once, and none is in the inbox. */
async function placeFaults(
  store: ObjectStore,
  run: string,
  dropped: readonly DroppedFile[],
): Promise<string[]> {
  const archived = await namesIn(store, archive, run)
  const left = await namesIn(store, inbox, run)
  const missing = dropped.filter(({ name }) => !archived.has(name))
  return [
    ...(missing.length === 0 ? [] : [`${missing.length} files are not in the archive`]),
    ...(left.size === 0 ? [] : [`${left.size} files are still in the inbox`]),
  ]
}

async function namesIn(store: ObjectStore, folder: string, run: string): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const listed of store.list(folder)) {
    if (listed.kind !== 'object') continue
    const name = listed.object.key.slice(folder.length + 1)
    if (name.startsWith(`${run}-`)) names.add(name)
  }
  return names
}

async function stateFaults(pool: pg.Pool, run: string): Promise<string[]> {
  const { rows } = await pool.query<{ key: string; state: string; code: string | null }>(
    `SELECT file.key, task.state, task.code FROM file JOIN task ON task.id = file.task
     WHERE file.pipeline = $1 AND starts_with(file.key, $2) AND task.state <> 'complete' LIMIT 5`,
    [pipeline, `${inbox}/${run}-`],
  )
  return rows.map(({ key, state, code }) => `${key} is ${state} (${code ?? 'no code'})`)
}

/** How many of the dropped files have ended and were moved. */
export async function countMoved(pool: pg.Pool, run: string): Promise<number> {
  const { rows } = await pool.query<{ moved: number }>(
    `SELECT count(DISTINCT key)::int AS moved FROM file
     WHERE pipeline = $1 AND starts_with(key, $2) AND archived_at IS NOT NULL`,
    [pipeline, `${inbox}/${run}-`],
  )
  return rows[0]?.moved ?? 0
}
