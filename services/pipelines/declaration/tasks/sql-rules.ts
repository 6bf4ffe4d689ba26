import type { RuleFault } from '../shared-rules.ts'
import type { SqlStatement } from './sql-statements.ts'
import { sqlStatements } from './sql-statements.ts'
import type { TaskFile } from './task-schema.ts'

/** The content of a file of SQL, or a sentence that tells why there is none. */
export type SqlText = { readonly text: string } | { readonly fault: string }

/** Finds a file of SQL. @param file relative to the folder of the worker */
export type ReadSql = (file: string) => SqlText

const firstWords: ReadonlySet<string | undefined> = new Set(['SELECT', 'WITH', 'CALL'])

/** The faults of the step `sql`. */
export function faultsOfSql(file: TaskFile, readSql: ReadSql): RuleFault[] {
  if (file.sql === undefined) return []
  return [...faultsOfSource(file), ...faultsOfText(file, readSql(file.sql))]
}

function faultsOfSource({ from }: TaskFile): RuleFault[] {
  if (from.schedule !== undefined) return []
  const message =
    'sql: the statement gets the window of a schedule as $1 and $2; declare from.schedule, or use the step "run".'
  return [{ path: ['sql'], message }]
}

function faultsOfText(file: TaskFile, content: SqlText): RuleFault[] {
  const fault = (sentence: string): RuleFault[] => [
    { path: ['sql'], message: `sql: ${file.sql ?? ''} ${sentence}` },
  ]
  if ('fault' in content) return fault(content.fault)
  const [statement, ...others] = sqlStatements(content.text)
  if (statement === undefined) return fault('is empty; it needs one SELECT or one CALL.')
  if (others.length > 0)
    return fault(`has ${others.length + 1} statements; it needs one SELECT or one CALL.`)
  if (!firstWords.has(statement.firstWord))
    return fault(
      `begins with ${statement.firstWord ?? 'a character that begins no statement'}; it needs one SELECT, WITH … SELECT or CALL.`,
    )
  const unknown = [...statement.parameters].filter((number) => number < 1 || number > 2)
  return [
    ...unknown.flatMap((number) =>
      fault(`has the parameter $${number}; there are only $1 and $2, the window.`),
    ),
    ...faultsOfTarget(file, statement),
  ]
}

const otherTargets = [
  ['topic', 'to.topic: the rows of "sql" are stored in a table; declare to.table.'],
  ['tables', 'to.tables: the rows of "sql" name no table; declare to.table.'],
  [
    'objects',
    'to.objects: the rows of "sql" are stored in a table; declare to.table, or use the step "run" with a handler that reads with context.query.',
  ],
] as const

function faultsOfTarget({ sql = '', to }: TaskFile, { firstWord }: SqlStatement): RuleFault[] {
  if (firstWord === 'CALL') {
    const message = `to: ${sql} is a CALL, which returns no rows; remove "to".`
    return to === undefined ? [] : [{ path: ['to'], message }]
  }
  for (const [key, message] of otherTargets)
    if (to?.[key] !== undefined) return [{ path: ['to', key], message }]
  if (to?.table !== undefined) return []
  return [{ path: ['sql'], message: `sql: ${sql} returns rows; declare to.table for them.` }]
}
