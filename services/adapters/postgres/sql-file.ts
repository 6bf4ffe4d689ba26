import { existsSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Reads the statements in the `.sql` files of the subject folders, one statement per file. File
 * names
 * are unique across the folders. `{{NAME}}` in a statement is replaced by the placeholder of that
 * name,
 * or else by the text of `NAME.sql`. A bundle has a copy of these folders and of `migrations`
 * beside it.
 */

/** What stands in a statement for `{{NAME}}`, by name, e.g. `{ table: 'diag' }`. */
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

/** Statements that were read, by file name and placeholders. */
const statements = new Map<string, string>()

/**
 * The text of `NAME.sql` with its placeholders filled in.
 *
 * @throws Error if there is no such file
 */
export function sqlStatement(name: string, placeholders: Placeholders = {}): string {
  const key = `${name} ${JSON.stringify(placeholders)}`
  const known = statements.get(key)
  if (known !== undefined) return known
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

/** The migrations in their order: `migrations/001-what-it-does.sql` and so on. */
export function readMigrations(table: string): Migration[] {
  const names = readdirSync(migrationFolder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({
    number: Number(name.slice(0, 3)),
    name,
    text: readFileSync(new URL(name, migrationFolder), 'utf8').replaceAll('{{table}}', table),
  }))
}
