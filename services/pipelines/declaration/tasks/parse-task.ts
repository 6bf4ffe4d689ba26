import { toFileSource } from '../files/parse-files.ts'
import { faultsOfSchema } from '../schema-faults.ts'
import type { Schedule, TaskDeclaration, TaskSource, TaskStep } from '../task-declaration.ts'
import type { Fault, TomlDocument } from '../toml.ts'
import { byPosition } from '../toml.ts'
import type { ReadSql } from './sql-rules.ts'
import { faultsOfTaskRules } from './task-rules.ts'
import type { ScheduleFile, TaskFile } from './task-schema.ts'
import { taskSchema } from './task-schema.ts'

type ParsedTask =
  | { readonly ok: true; readonly declaration: TaskDeclaration }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** The declaration of a TOML file with the step `run`, `sql` or `shell`. */
export function parseTask(document: TomlDocument, readSql: ReadSql): ParsedTask {
  const parsed = taskSchema.safeParse(document.value)
  if (!parsed.success) {
    const faults = faultsOfSchema(parsed.error, { document, schema: taskSchema })
    return { ok: false, faults: faults.sort(byPosition) }
  }
  const faults = faultsOfTaskRules(parsed.data, readSql).map(({ path, message }) => ({
    ...document.valueAt(path),
    message,
  }))
  if (faults.length > 0) return { ok: false, faults: faults.sort(byPosition) }
  return { ok: true, declaration: toTaskDeclaration(parsed.data, readSql) }
}

function toTaskDeclaration(file: TaskFile, readSql: ReadSql): TaskDeclaration {
  const { name, enabled, retry, errors, progress } = file
  const { concurrency, timeout: timeoutMs } = { ...defaultsOf(file), ...presentOf(file) }
  const { attempts, first, longest } = retry
  return {
    ...{ kind: 'task', name, isEnabled: enabled, concurrency, timeoutMs, errors },
    ...(progress !== undefined && { progress }),
    source: toSource(file),
    step: toStep(file, readSql),
    retry: { attempts, firstMs: first, longestMs: longest ?? Math.max(first, defaultLongestMs) },
    to: toTarget(file.to),
  }
}

const defaultLongestMs = 60_000

/** A file can be large, and its processor can take long. */
const defaultsOf = ({ from: { files } }: TaskFile) =>
  files === undefined
    ? { concurrency: 4, timeout: 600_000 }
    : { concurrency: 2, timeout: 3_600_000 }

const presentOf = ({ concurrency, timeout }: TaskFile) => ({
  ...(concurrency !== undefined && { concurrency }),
  ...(timeout !== undefined && { timeout }),
})

function toSource({ from: { topic, schedule, files }, reads }: TaskFile): TaskSource {
  if (files) return toFileSource(files)
  if (topic) return { kind: 'topic', name: topic.name, start: topic.start, group: topic.group }
  return schedule ? { kind: 'schedule', schedule: toSchedule(schedule), reads } : { kind: 'api' }
}

function toSchedule(schedule: ScheduleFile): Schedule {
  const { every, cron = '', time_zone: timeZone = 'UTC', window } = schedule
  const rule: Schedule['rule'] =
    every === undefined ? { kind: 'cron', cron, timeZone } : { kind: 'every', ms: every }
  if (window?.from !== undefined && window.to !== undefined) {
    const fixed = { kind: 'fixed', fromMs: window.from, toMs: window.to } as const
    // Missed runs would compute the same window several times.
    return { rule, window: fixed, allowedLatenessMs: 0, catchUp: 1 }
  }
  const { allowed_lateness: allowedLatenessMs = 120_000, catch_up: catchUp = 48 } = schedule
  return { rule, window: { kind: 'previous' }, allowedLatenessMs, catchUp }
}

function toStep({ run, sql, shell, from }: TaskFile, readSql: ReadSql): TaskStep {
  if (shell !== undefined) return { kind: 'shell', command: shell }
  if (sql !== undefined) {
    const content = readSql(sql)
    return { kind: 'sql', file: sql, text: 'text' in content ? content.text : '' }
  }
  const { handler = '', by, params } = run ?? {}
  if (by !== undefined)
    return { kind: 'run-by', method: by, params: typeof params === 'string' ? params : undefined }
  if (from.files === undefined) return { kind: 'run', handler }
  return { kind: 'run', handler, params: typeof params === 'object' ? params : {} }
}

function toTarget(to: TaskFile['to']): TaskDeclaration['to'] {
  if (to?.table) {
    const { name, key = [], on_conflict: rule } = to.table
    const onConflict = { kind: rule === 'update' ? 'update' : 'keep' } as const
    return { kind: 'table', table: { name, key, onConflict } }
  }
  if (to?.objects) return { kind: 'objects', folder: to.objects.folder }
  if (to?.tables) return { kind: 'tables', mayCreate: to.tables.create }
  return toTopic(to?.topic)
}

const toTopic = (topic: string | undefined): TaskDeclaration['to'] =>
  topic === undefined ? { kind: 'none' } : { kind: 'topic', topic }
