import type pg from 'pg'
import { Command } from 'commander'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { readRegularFile } from '../../services/runtime/process/regular-file.ts'
import { decodeUtf8 } from '../../services/worker/declarations/sql-files.ts'
import { escapeControls } from '../../services/runtime/process/printable.mjs'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { userPath } from '../cli/user-paths.ts'
import type { PlatformChoice, RunningPlatform } from '../targets/target.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'
import { print } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'

type Cell = string | null

const maxFileBytes = 16 * 1_048_576

/** Returns every value as the text that Postgres sends. */
const asText = { getTypeParser: () => (text: string) => text }

/** `npm run sql`: runs statements and prints their rows as tables. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run sql --')
      .description('Runs SQL on the platform and prints its rows.')
      .argument('[statement...]', 'e.g. "select count(*) from diag"')
      .option('--file <file>', 'runs the statements of this file, in one transaction')
    parseArguments(withChoice(command), args)
    const { file } = command.opts<{ readonly file?: string }>()
    const text = textOf(command.args.join(' '), file)
    const platform = await findPlatform(command.opts<PlatformChoice>())
    if (!platform) throw new UserError(noPlatform)
    return runStatements(text, platform)
  })
}

/** @throws InputError if there is no SQL, or it comes from two places */
function textOf(statement: string, file: string | undefined): string {
  const isEmpty = statement.trim() === ''
  if (file === undefined) {
    if (!isEmpty) return statement
    throw new InputError('The statement is empty. Example: npm run sql -- "select 1".')
  }
  if (isEmpty) return readSqlFile(userPath(file))
  throw new InputError('Give a statement or --file, not both.')
}

function readSqlFile(path: string): string {
  const text = decodeUtf8(readBytes(path))
  if (text === undefined) throw new InputError(`${path} is not UTF-8; save it with this encoding.`)
  return text.replace(/^\ufeff/, '')
}

function readBytes(path: string): Buffer {
  try {
    return readRegularFile(path, maxFileBytes)
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${(error as Error).message}.`)
  }
}

async function runStatements(text: string, platform: RunningPlatform): Promise<number> {
  const pool = await platform.pool()
  try {
    const result = await pool.query<Cell[]>({ text, rowMode: 'array', types: asText })
    for (const part of [result].flat()) print(tableOf(part))
    const { table } = platform.config.postgres
    if (deletesUncounted(text, table)) print(uncountedNote(table))
    return 0
  } catch (error) {
    const message = escapeControls((error as Error).message)
    print(`${placeOf(error, text)}${message}\nTo open psql: ${platform.psqlLine}`)
    return 1
  } finally {
    await pool.end()
  }
}

/** Where the error is in a text of several lines; empty if the database does not say it. */
function placeOf(error: unknown, text: string): string {
  const { position } = error as pg.DatabaseError
  if (position === undefined || !text.includes('\n')) return ''
  // Postgres counts code points.
  const before = Array.from(text)
    .slice(0, Number(position) - 1)
    .join('')
    .split('\n')
  return `line ${before.length}, column ${Array.from(before.at(-1) ?? '').length + 1}: `
}

/** Whether a statement deletes readings without counting them in `retired_day`. */
function deletesUncounted(text: string, table: string): boolean {
  const deletion = new RegExp(
    String.raw`\b(?:delete\s+from|truncate(?:\s+table)?)\s+"?${table}\b`,
    'i',
  )
  return deletion.test(text) && !text.includes('retired_day')
}

const uncountedNote = (table: string): string =>
  `Rows that are deleted from ${table} without being counted are reported as missing by npm run status. See docs/operations.md, "Delete the data of a vehicle".`

function tableOf({ fields, rows, rowCount, command }: pg.QueryArrayResult<Cell[]>): string {
  if (fields.length === 0) return `${command} ${rowCount ?? ''}`.trim()
  const head = fields.map(({ name }) => name)
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`
  return `${formatTable(
    head,
    rows.map((row) => row.map((cell) => cell ?? '')),
  )}\n${count}`
}
