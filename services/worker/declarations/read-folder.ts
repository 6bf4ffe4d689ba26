import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import { storedTopicOf } from '../../pipelines/grouped-topic.ts'
import { parseDeclaration } from '../../pipelines/declaration/parse-declaration.ts'
import { readRegularFile } from '../../runtime/process/regular-file.ts'

/** A file of a pipeline, as it was read. */
export type DeclarationFile = {
  readonly path: string
  /** Changes when the file is written. */
  readonly version: string
  readonly parsed:
    | { readonly ok: true; readonly declaration: Declaration }
    /** A sentence for each fault, with line and column if it has a place. */
    | { readonly ok: false; readonly faults: readonly string[] }
}

const subfolder = 'pipelines'
const extension = '.toml'
/** A declaration has some kilobytes. */
const maxBytes = 1_048_576

/** Reads one declaration. A file that cannot be read has this as its fault. */
export async function readDeclaration(
  path: string,
  known?: DeclarationFile,
): Promise<DeclarationFile> {
  try {
    const { size, mtimeMs, ino } = await stat(path)
    const version = `${ino} ${mtimeMs} ${size}`
    if (known?.version === version) return known
    return { path, version, parsed: parseBytes(readRegularFile(path, maxBytes)) }
  } catch (error) {
    const fault = `The file cannot be read: ${(error as Error).message}.`
    return { path, version: fault, parsed: { ok: false, faults: [fault] } }
  }
}

/** The declarations `pipelines/*.toml` of a folder. A file is parsed again only after it was written. */
export class DeclarationFolder {
  readonly #folder: string
  #files: ReadonlyMap<string, DeclarationFile> = new Map()

  /** @param folder the folder that holds the folder `pipelines` */
  constructor(folder: string) {
    this.#folder = join(folder, subfolder)
  }

  /** Whether a path is of a file in this folder. */
  contains(path: string): boolean {
    return dirname(path) === this.#folder
  }

  /**
   * Reads the declarations in the order of their names. A name or a table that an earlier file has
   * declared is a fault of the later file.
   *
   * @throws Error with a sentence if the folder cannot be read
   */
  async read(): Promise<DeclarationFile[]> {
    const names = (await this.#list()).filter(isDeclaration).sort()
    const paths = names.map((name) => join(this.#folder, name))
    const files = await Promise.all(
      paths.map((path) => readDeclaration(path, this.#files.get(path))),
    )
    this.#files = new Map(files.map((file) => [file.path, file]))
    return refuseRepeated(files)
  }

  async #list(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
    } catch (error) {
      const sentence = describeUnreadable(this.#folder, error as NodeJS.ErrnoException)
      throw new Error(sentence, { cause: error })
    }
  }
}

function describeUnreadable(folder: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') {
    return `The folder ${folder} does not exist. Create it, or change worker.folder.`
  }
  if (code !== 'EACCES') return `The folder ${folder} cannot be read: ${message}.`
  const user = process.geteuid?.() ?? 'of the worker'
  return `User ${user} cannot read the folder ${folder}. Allow it to read the folder and its files, for example with chmod -R a+rX.`
}

const isDeclaration = (name: string): boolean => name.endsWith(extension) && !name.startsWith('.')

function parseBytes(bytes: Buffer): DeclarationFile['parsed'] {
  const text = decodeUtf8(bytes)
  if (text !== undefined) return parse(text)
  return { ok: false, faults: ['The file is not UTF-8; save it with this encoding.'] }
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function parse(text: string): DeclarationFile['parsed'] {
  const parsed = parseDeclaration(text)
  if (parsed.ok) return refuseUnavailable(parsed.declaration)
  const faults = parsed.faults.map(
    ({ line, column, message }) => `line ${line}, column ${column}: ${message}`,
  )
  return { ok: false, faults }
}

/** What declarations can have, but this version of the worker cannot do. */
function refuseUnavailable(declaration: Declaration): DeclarationFile['parsed'] {
  const { topic, table } = declaration
  if (topic.groupBy === undefined || table.key.length > 0) return { ok: true, declaration }
  const fault =
    'from.topic.group_by: not available in this version for a table without a key; declare to.table.key.'
  return { ok: false, faults: [fault] }
}

/** Names, tables and grouped topics belong to the first file that declares them. */
function refuseRepeated(files: readonly DeclarationFile[]): DeclarationFile[] {
  const names = new Map<string, string>()
  const tables = new Map<string, string>()
  const groupedTopics = new Map<string, string>()
  return files.map((file) => {
    if (!file.parsed.ok) return file
    const { path } = file
    const { declaration } = file.parsed
    const { name, table, topic } = declaration
    const grouped = { value: storedTopicOf(declaration), path }
    const faults = [
      ...repeated(names, { value: name, path }, 'name'),
      ...repeated(tables, { value: table.name, path }, 'to.table.name'),
      ...(topic.groupBy === undefined
        ? []
        : repeated(groupedTopics, grouped, 'from.topic.group_by')),
    ]
    return faults.length === 0 ? file : { ...file, parsed: { ok: false, faults } }
  })
}

function repeated(
  seen: Map<string, string>,
  { value, path }: { readonly value: string; readonly path: string },
  key: string,
): string[] {
  const first = seen.get(value)
  if (first !== undefined) return [`${key}: ${first} has "${value}" already; choose another one.`]
  seen.set(value, path)
  return []
}
