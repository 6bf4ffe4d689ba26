import type pg from 'pg'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import { TaskReader } from '../../../services/adapters/postgres/tasks/task-reader.ts'
import { missingTasks } from '../../../services/ledger/tasks/task-account.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { Judgement } from '../workload.ts'
import type { DroppedFile } from './dropped-file.ts'
import { effectsOf } from './dropped-file.ts'
import type { FoundContents } from './found.ts'
import { readContents } from './found.ts'
import type { Load } from './load.ts'
import { RemainingReader, untilQuiet } from './quiet.ts'
import type { Route } from './routes.ts'
import { archiveOf, inboxOf, pipelineOf, storingPipeline } from './routes.ts'

export type JudgedRun = {
  readonly platform: Pick<WorkloadPlatform, 'config' | 'kafka' | 'pool'>
  readonly store: ObjectStore
  readonly run: string
  readonly load: Load
  /** The folder of the workers. */
  readonly folder: string
  readonly routes: readonly Route[]
}

const pollMs = 500
/** Longest wait until the messages of the last files are rows. They go through Kafka after their file is archived. */
const quietTimeoutMs = 60_000

/** Compares the files that were dropped with their effects, the tasks and the archives. */
export async function judge(judged: JudgedRun): Promise<Judgement> {
  const { platform, store, run, load, routes } = judged
  const { pool } = platform
  await using remaining = new RemainingReader(platform)
  const unsettled = await untilQuiet(() => remaining.read(), { timeoutMs: quietTimeoutMs, pollMs })
  const { lost, surplus } = await compare(judged)
  const faults = routes.map(async (route) => {
    const files = load.dropped.filter((file) => file.route === route)
    return [...(await placeFaults(store, run, { route, files })), ...(await stateFaults(pool, run))]
  })
  return {
    acknowledged: load.dropped.length,
    stored: load.dropped.length - lost,
    ...{ lost, duplicateRows: surplus, refused: load.refused },
    findings: [...new Set([unsettled ?? [], await Promise.all(faults)].flat(2))],
    ledgerBalanced: await areAccountsBalanced(pool, routes),
  }
}

type Compared = { readonly lost: number; readonly surplus: number }

async function compare({ platform, run, load, folder }: JudgedRun): Promise<Compared> {
  const found = await readContents(platform.pool, run, { folder, dropped: load.dropped })
  return compareContents(load.dropped, load.withBadLines, found)
}

/** @returns how many contents lack an effect, and how many effects are there too often */
export function compareContents(
  dropped: readonly DroppedFile[],
  withBadLines: ReadonlySet<number>,
  found: FoundContents,
): Compared {
  const contents = new Map(dropped.map((file) => [file.content, file]))
  let [lost, surplus] = [0, 0]
  for (const file of contents.values()) {
    const expected = effectsOf(file, withBadLines.has(file.content))
    const { rows, lines, letters } = found.get(file.content) ?? { rows: 0, lines: 0, letters: 0 }
    if (lines < expected.rows || letters < expected.letters) lost += 1
    surplus += Math.max(0, rows - expected.rows) + Math.max(0, letters - expected.letters)
  }
  return { lost, surplus }
}

async function areAccountsBalanced(pool: pg.Pool, routes: readonly Route[]): Promise<boolean> {
  const accounts = await new TaskReader(pool).accounts()
  return [...routes.map((route) => pipelineOf[route]), storingPipeline].every((name) => {
    const account = accounts.find(({ pipeline }) => pipeline === name)
    return account === undefined || missingTasks(account) === 0
  })
}

/** Each file is in the archive, once, and none is in the inbox. */
async function placeFaults(
  store: ObjectStore,
  run: string,
  { route, files }: { readonly route: Route; readonly files: readonly DroppedFile[] },
): Promise<string[]> {
  const archived = await namesIn(store, archiveOf(route), run)
  const left = await namesIn(store, inboxOf(route), run)
  const missing = files.filter(({ name }) => !archived.has(name))
  return [
    ...(missing.length === 0 ? [] : [`${route}: ${missing.length} files are not in the archive`]),
    ...(left.size === 0 ? [] : [`${route}: ${left.size} files are still in the inbox`]),
    ...(archived.size <= files.length
      ? []
      : [`${route}: ${archived.size - files.length} files are in the archive twice`]),
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
     WHERE file.pipeline = ANY ($1) AND split_part(file.key, '/', -1) LIKE $2 AND task.state <> 'complete'
     LIMIT 5`,
    [Object.values(pipelineOf), `${run}-%`],
  )
  return rows.map(({ key, state, code }) => `${key} is ${state} (${code ?? 'no code'})`)
}

/** How many of the dropped files have ended and were moved. */
export async function countMoved(pool: pg.Pool, run: string): Promise<number> {
  const { rows } = await pool.query<{ moved: number }>(
    `SELECT count(DISTINCT key)::int AS moved FROM file
     WHERE pipeline = ANY ($1) AND split_part(key, '/', -1) LIKE $2 AND archived_at IS NOT NULL`,
    [Object.values(pipelineOf), `${run}-%`],
  )
  return rows[0]?.moved ?? 0
}
