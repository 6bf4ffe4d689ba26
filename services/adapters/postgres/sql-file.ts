import { existsSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Reads SQL statements from the `sql` folders next to this file, one statement per file. File names
 * are unique across the folders. `{{NAME}}` in a statement is replaced by the placeholder of that
 * name, or else by the text of `NAME.sql`. A bundle contains a copy of these folders and of
 * `migrations`.
 */

/** The replacements of `{{NAME}}`, by name, e.g. `{ table: 'diag' }`. */
export type Placeholders = Readonly<Record<string, string>>

const adapterFolder = new URL('./', import.meta.url)
const migrationFolder = new URL('migrations/', adapterFolder)

/** The statement files by name, without `.sql`. */
const files = findStatementFiles()

function findStatementFiles(): ReadonlyMap<string, URL> {
  const folders = readdirSync(adapterFolder)
    .map((subject) => new URL(`${subject}/sql/`, adapterFolder))
    .filter((folder) => existsSync(folder))
  const entries = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => [file.replace(/\.sql$/, ''), new URL(file, folder)] as const),
  )
  return new Map(entries)
}

/** Names of all statement files, sorted. */
export function statementNames(): string[] {
  return [...files.keys()].sort()
}

/** Cache of statements, by file name and placeholders. */
const statements = new Map<string, string>()

/**
 * The text of `NAME.sql` with its placeholders filled in.
 *
 * @throws Error if there is no such file
 */
export function sqlStatement(name: string, placeholders: Placeholders = {}): string {
  const key = `${name} ${JSON.stringify(placeholders)}`
  const cached = statements.get(key)
  if (cached !== undefined) return cached
  const file = files.get(name)
  if (file === undefined) throw new Error(`There is no SQL file ${name}.sql.`)
  const text = readFileSync(file, 'utf8')
  const filledIn = text.replaceAll(
    /\{\{([\w-]+)\}\}/g,
    (_, part: string) => placeholders[part] ?? sqlStatement(part, placeholders),
  )
  statements.set(key, filledIn)
  return filledIn
}

export type Migration = { readonly number: number; readonly name: string; readonly text: string }

/** The migrations in their order: `migrations/001-what-it-does.sql` etc. */
export function readMigrations(table: string): Migration[] {
  const names = readdirSync(migrationFolder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({
    number: Number(name.slice(0, 3)),
    name,
    text: readFileSync(new URL(name, migrationFolder), 'utf8').replaceAll('{{table}}', table),
  }))
}
