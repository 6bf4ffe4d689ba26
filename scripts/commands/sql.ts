import type pg from 'pg'
import { Command } from 'commander'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { escapeControls } from '../../services/runtime/process/printable.mjs'
import { ownerPool } from '../platform/database.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import type { PlatformChoice, RunningPlatform } from '../platform/running-platform.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'
import { print } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'

type Cell = string | null

/** Returns every value as the text that Postgres sends. */
const asText = { getTypeParser: () => (text: string) => text }

/** `npm run sql`: runs one statement and prints its rows as a table. */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run sql --')
      .description('Runs one statement on the platform and prints its rows.')
      .argument('<statement...>', 'e.g. "select count(*) from diag"')
    parseArguments(withChoice(command), args)
    const statement = command.args.join(' ')
    if (statement.trim() === '') {
      throw new InputError('The statement is empty. Example: npm run sql -- "select 1".')
    }
    const platform = await findPlatform(command.opts<PlatformChoice>())
    if (!platform) throw new UserError(noPlatform)
    return runStatement(statement, platform)
  })
}

async function runStatement(text: string, platform: RunningPlatform): Promise<number> {
  const pool = ownerPool(platform.config, await platform.password())
  try {
    const result = await pool.query<Cell[]>({ text, rowMode: 'array', types: asText })
    for (const part of [result].flat()) print(tableOf(part))
    const { table } = platform.config.postgres
    if (deletesUncounted(text, table)) print(uncountedNote(table))
    return 0
  } catch (error) {
    print(`${escapeControls((error as Error).message)}\nTo open psql: ${platform.psqlLine}`)
    return 1
  } finally {
    await pool.end()
  }
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
