import { faultsOfFolders } from '../files/file-rules.ts'
import type { RuleFault } from '../shared-rules.ts'
import {
  faultsOfName,
  faultsOfRetry,
  faultsOfStart,
  faultsOfTableName,
  systemColumns,
} from '../shared-rules.ts'
import { faultsOfSchedule } from './schedule-rules.ts'
import type { ReadSql } from './sql-rules.ts'
import { faultsOfSql } from './sql-rules.ts'
import type { TaskFile } from './task-schema.ts'

/** The rules between the keys of a pipeline with the step `run`, `sql` or `shell`. */
type Rule = (file: TaskFile) => RuleFault[]

/** The faults of a file whose keys are right, one by one. */
export function faultsOfTaskRules(file: TaskFile, readSql: ReadSql): RuleFault[] {
  return [...rules.flatMap((rule) => rule(file)), ...faultsOfSql(file, readSql)]
}

const presentKeys = (table: object): string[] =>
  Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [key]))

const reservedName: Rule = ({ name }) => faultsOfName(name)

const oneSource: Rule = ({ from }) => {
  const [first, ...others] = presentKeys(from)
  if (first === undefined)
    return [{ path: ['from'], message: 'from: declare "topic", "schedule", "files" or "api".' }]
  return others.map((key) => ({
    path: ['from', key],
    message: `from.${key}: the pipeline has from.${first} already; remove one of them.`,
  }))
}

const startOfTopic: Rule = ({ from: { topic } }) =>
  topic === undefined ? [] : faultsOfStart(topic)

const handler: Rule = ({ run, from }) => {
  if (run === undefined) return []
  const { handler: name, by, params } = run
  if (from.files !== undefined) return faultsOfFileHandler(run)
  if (typeof params === 'object') {
    const message =
      'run.params: only a handler of from.files has parameters in the declaration; name a field of the message, or remove it.'
    return [{ path: ['run', 'params'], message }]
  }
  if (name !== undefined) {
    const message = 'run: "by" and "params" are for messages that name their handler; remove them.'
    return (by ?? params) === undefined ? [] : [{ path: ['run'], message }]
  }
  if (by === undefined)
    return [{ path: ['run'], message: 'run: declare "by", the field that names the handler.' }]
  return [...faultsOfBy(from), ...faultsOfFields(by, params)]
}

/** A file has no field that names a handler. */
function faultsOfFileHandler({ handler: name, by, params }: NonNullable<TaskFile['run']>) {
  const fault = (key: string, message: string): RuleFault => ({ path: ['run', key], message })
  return [
    ...(by === undefined
      ? []
      : [
          fault('by', 'run.by: it names a field of a message, and a file has none; use "handler".'),
        ]),
    ...(name === undefined && by === undefined
      ? [{ path: ['run'], message: 'run: declare "handler", the name of a handler.' }]
      : []),
    ...(typeof params === 'string'
      ? [
          fault(
            'params',
            'run.params: it names a field of a message, and a file has none; declare a table with the parameters, or remove it.',
          ),
        ]
      : []),
  ]
}

const shell: Rule = ({ shell: command, from, to }) => {
  if (command === undefined) return []
  const ofSource =
    from.files === undefined
      ? [{ path: ['shell'], message: 'shell: the command gets a file; declare from.files.' }]
      : []
  if (to === undefined) return ofSource
  const message = 'to: a command returns no rows; remove "to".'
  return [...ofSource, { path: ['to'], message }]
}

const folders: Rule = ({ from: { files } }) => (files === undefined ? [] : faultsOfFolders(files))

function faultsOfBy({ schedule }: TaskFile['from']): RuleFault[] {
  const message =
    'run.by: it names a field of a message, and a scheduled run has none; use run = "HANDLER".'
  return schedule === undefined ? [] : [{ path: ['run', 'by'], message }]
}

function faultsOfFields(by: string, params: unknown): RuleFault[] {
  const message = `run.params: "${by}" is the field of "by" already.`
  return by === params ? [{ path: ['run', 'params'], message }] : []
}

const oneTarget: Rule = ({ to }) => {
  if (to === undefined) return []
  const [first, ...others] = presentKeys(to)
  if (first === undefined)
    return [
      {
        path: ['to'],
        message: 'to: declare "table", "tables", "topic" or "objects", or remove it.',
      },
    ]
  return others.map((key) => ({
    path: ['to', key],
    message: `to.${key}: the pipeline has to.${first} already; remove one of them.`,
  }))
}

const targetTable: Rule = ({ to }) => {
  if (to?.table === undefined) return []
  const { name, key = [], on_conflict: rule } = to.table
  const path = ['to', 'table', 'key']
  const ofKey = key.flatMap((column, index): RuleFault[] => {
    if (systemColumns.has(column)) {
      const message = `to.table.key: Postgres has a system column "${column}" in every table; choose another name.`
      return [{ path: [...path, index], message }]
    }
    const message = `to.table.key: "${column}" is listed twice.`
    return key.indexOf(column) < index ? [{ path: [...path, index], message }] : []
  })
  const conflict: RuleFault = {
    path: ['to', 'table', 'on_conflict'],
    message:
      'to.table.on_conflict: a table without "key" has no conflicts; declare "key", or remove this line to add every row.',
  }
  const hasNoConflicts = rule !== undefined && key.length === 0
  return [...faultsOfTableName(name), ...ofKey, ...(hasNoConflicts ? [conflict] : [])]
}

/** A pipeline that reads its own messages would never end. */
const loops: Rule = ({ name, from: { topic, files }, to, errors, progress }) => {
  if (files !== undefined && files.inbox === `${to?.objects?.folder ?? ''}/${name}`) {
    const message = `to.objects: the objects would be in "${files.inbox}", which is the inbox of the pipeline; choose another folder.`
    return [{ path: ['to', 'objects'], message }]
  }
  if (topic === undefined) return []
  const written = [
    { path: ['to', 'topic'], name: to?.topic },
    { path: ['errors'], name: errors },
    { path: ['progress'], name: progress },
  ]
  return written.flatMap(({ path, name: writtenName }) => {
    const message = `${path.join('.')}: the pipeline reads the topic "${topic.name}" itself; choose another topic.`
    return writtenName === topic.name ? [{ path, message }] : []
  })
}

const rules: readonly Rule[] = [
  reservedName,
  oneSource,
  startOfTopic,
  handler,
  shell,
  folders,
  oneTarget,
  targetTable,
  loops,
  ({ retry }) => faultsOfRetry(retry),
  faultsOfSchedule,
]
