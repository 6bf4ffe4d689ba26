import type pg from 'pg'
import { runningPlatform } from '../infra/local/run-record.ts'
import { folders, ownerClient, psqlLine } from './local-access.ts'
import { inColumns } from './table.ts'

const usage = 'Usage: npm run sql -- "select count(*) from diag"'

type Cell = string | null

/** Cells as Postgres itself writes them, whatever their type. */
const asText = { getTypeParser: () => (text: string) => text }

/** `npm run sql`: one statement, its rows as a table. For more there is psql. */
export async function run(args: readonly string[]): Promise<number> {
  const statement = args.join(' ').trim()
  if (statement === '' || statement === '--help' || statement === '-h') {
    say(usage)
    return statement === '' ? 1 : 0
  }
  const at = folders()
  const running = runningPlatform(at.state)
  if (!running) {
    say('The platform does not run: npm start starts it.')
    return 1
  }
  const client = ownerClient(running.config, at)
  try {
    await client.connect()
    const result = await client.query<Cell[]>({ text: statement, rowMode: 'array', types: asText })
    for (const one of [result].flat()) say(tableOf(one))
    return 0
  } catch (error) {
    say(`${(error as Error).message}\n${psqlLine(running.config, at)} opens psql.`)
    return 1
  } finally {
    await client.end().catch(() => undefined)
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

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
