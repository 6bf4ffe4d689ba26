import type pg from 'pg'
import { Command } from 'commander'
import { MachineError } from '../../infra/machine-error.ts'
import { ownerPool } from '../local-access.ts'
import { sayingMistakes } from '../mistakes.ts'
import { parseArguments } from '../parse-arguments.ts'
import type { PlatformChoice, RunningPlatform } from '../running-platform.ts'
import { findPlatform, noPlatform, withChoice } from '../running-platform.ts'
import { say } from '../say.ts'
import { inColumns } from '../table.ts'

type Cell = string | null

/** Cells as Postgres itself writes them, whatever their type. */
const asText = { getTypeParser: () => (text: string) => text }

/** `npm run sql`: one statement, its rows as a table. For more there is psql. */
export function run(args: readonly string[]): Promise<number> {
  return sayingMistakes(async () => {
    const command = new Command('npm run sql --')
      .description('Runs one statement on the platform and prints its rows.')
      .argument('<statement...>', 'e.g. "select count(*) from diag"')
    parseArguments(withChoice(command), args)
    const platform = await findPlatform(command.opts<PlatformChoice>())
    if (!platform) throw new MachineError(noPlatform)
    return runStatement(command.args.join(' '), platform)
  })
}

async function runStatement(text: string, platform: RunningPlatform): Promise<number> {
  const pool = ownerPool(platform.config, await platform.password())
  try {
    const result = await pool.query<Cell[]>({ text, rowMode: 'array', types: asText })
    for (const one of [result].flat()) say(tableOf(one))
    return 0
  } catch (error) {
    say(`${(error as Error).message}\n${platform.psqlLine} opens psql.`)
    return 1
  } finally {
    await pool.end()
  }
}

function tableOf({ fields, rows, rowCount, command }: pg.QueryArrayResult<Cell[]>): string {
  if (fields.length === 0) return `${command} ${rowCount ?? ''}`.trim()
  const head = fields.map(({ name }) => name)
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`
  return `${inColumns(
    head,
    rows.map((row) => row.map((cell) => cell ?? '')),
  )}\n${count}`
}
