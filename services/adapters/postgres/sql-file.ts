import { readdirSync, readFileSync } from 'node:fs'

/**
 * The statements in the `.sql` files beside this one. `{{NAME}}` in a statement stands for the
 * placeholder of that name, or else for the part of a statement in `sql/NAME.sql`. A bundle carries
 * the two folders beside itself.
 */

/** What stands in a statement for `{{NAME}}`, by name, e.g. `{ table: 'diag' }`. */
export type Placeholders = Readonly<Record<string, string>>

const folder = (name: string): URL => new URL(`./${name}/`, import.meta.url)

/** What was read, by the name of its file and the placeholders. */
const statements = new Map<string, string>()

/** The text of `sql/NAME.sql` with its placeholders filled in. */
export function sqlStatement(name: string, placeholders: Placeholders = {}): string {
  const key = `${name} ${JSON.stringify(placeholders)}`
  const known = statements.get(key)
  if (known !== undefined) return known
  const text = readFileSync(new URL(`${name}.sql`, folder('sql')), 'utf8')
  const whole = text.replaceAll(
    /\{\{([\w-]+)\}\}/g,
    (_, part: string) => placeholders[part] ?? sqlStatement(part, placeholders),
  )
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
    text: readFileSync(new URL(name, folder('migrations')), 'utf8').replaceAll('{{table}}', table),
  }))
}
