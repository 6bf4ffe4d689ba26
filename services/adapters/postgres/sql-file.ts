import { readdirSync, readFileSync } from 'node:fs'

/**
 * The statements in the `.sql` files beside this one. `{{table}}` in them stands for the
 * configured table of readings, `{{NAME}}` in a statement for the part of one in `sql/NAME.sql`.
 * A bundle carries the two folders beside itself.
 */

const folder = (name: string): URL => new URL(`./${name}/`, import.meta.url)

/** What was read, by the name of its file and the table. */
const statements = new Map<string, string>()

/** The text of `sql/NAME.sql` for a table of readings. */
export function sqlStatement(name: string, table: string): string {
  const key = `${name} ${table}`
  const known = statements.get(key)
  if (known !== undefined) return known
  const text = forTable(readFileSync(new URL(`${name}.sql`, folder('sql')), 'utf8'), table)
  const whole = text.replaceAll(/\{\{([\w-]+)\}\}/g, (_, part: string) => sqlStatement(part, table))
  statements.set(key, whole)
  return whole
}

export type Migration = { readonly number: number; readonly name: string; readonly text: string }

/** The migrations in their order: `migrations/001-what-it-does.sql` and so on. */
export function readMigrations(table: string): Migration[] {
  const names = readdirSync(folder('migrations')).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({
    number: Number(name.slice(0, 3)),
    name,
    text: forTable(readFileSync(new URL(name, folder('migrations')), 'utf8'), table),
  }))
}

function forTable(text: string, table: string): string {
  return text.replaceAll('{{table}}', table)
}
