import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type {
  DeclarationPlace,
  ParsedDeclaration,
} from '../../pipelines/declaration/parse-pipeline.ts'
import { parsePipeline } from '../../pipelines/declaration/parse-pipeline.ts'
import type { PipelineDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration, ownTableOf } from '../../pipelines/declaration/task-declaration.ts'
import type { ReadSql } from '../../pipelines/declaration/tasks/sql-rules.ts'
import { storedTopicOf } from '../../pipelines/grouped-topic.ts'
import { readRegularFile } from '../../runtime/process/regular-file.ts'
import { cycleFaults, toSentence } from './cycles.ts'
import { decodeUtf8, SqlFiles } from './sql-files.ts'

/** A file of a pipeline, as it was read. */
export type DeclarationFile = {
  readonly path: string
  /** Changes when the file, or a file of SQL that it names, is written. */
  readonly version: string
  /** The files of SQL that it names, relative to the folder of the worker. */
  readonly sqlFiles: readonly string[]
  readonly parsed:
    | ParsedDeclaration
    /** A sentence for each fault, with line and column if it has a place. */
    | { readonly ok: false; readonly faults: readonly string[] }
}

const subfolder = 'pipelines'
const extension = '.toml'
/** A declaration has some kilobytes. */
export const maxDeclarationBytes = 1_048_576

/** Reads one declaration. A file that cannot be read has this as its fault. */
export function readDeclaration(path: string, known?: DeclarationFile): DeclarationFile {
  try {
    // A worker looks at each file every two seconds. Through the thread pool of Node.js that takes much
    // more CPU.
    const { size, mtimeMs, ino } = statSync(path)
    const own = `${ino} ${mtimeMs} ${size}`
    const sql = new SqlFiles(path)
    if (known !== undefined && known.version === own + sql.versionOf(known.sqlFiles)) return known
    const parsed = parseBytes(readRegularFile(path, maxDeclarationBytes), {
      readSql: (file) => sql.read(file),
      place: { fileName: basename(path), folder: undefined },
    })
    return { path, version: own + sql.version, sqlFiles: sql.names, parsed }
  } catch (error) {
    const fault = `The file cannot be read: ${(error as Error).message}.`
    return { path, version: fault, sqlFiles: [], parsed: { ok: false, faults: [fault] } }
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
    const files = paths.map((path) => readDeclaration(path, this.#files.get(path)))
    this.#files = new Map(files.map((file) => [file.path, file]))
    return refuseCycles(refuseRepeated(files))
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

type Origin = { readonly readSql: ReadSql; readonly place: DeclarationPlace }

export function parseBytes(bytes: Buffer, origin: Origin): DeclarationFile['parsed'] {
  const text = decodeUtf8(bytes)
  if (text !== undefined) return parse(text, origin)
  return { ok: false, faults: ['The file is not UTF-8; save it with this encoding.'] }
}

function parse(text: string, { readSql, place }: Origin): DeclarationFile['parsed'] {
  const parsed = parsePipeline(text, readSql, place)
  return parsed.ok
    ? refuseUnavailable(parsed)
    : { ok: false, faults: parsed.faults.map(toSentence) }
}

/** What declarations can have, but this version of the worker cannot do. */
function refuseUnavailable(parsed: ParsedDeclaration): DeclarationFile['parsed'] {
  const { declaration } = parsed
  if (isTaskDeclaration(declaration)) return parsed
  const { topic, table } = declaration
  if (topic.groupBy === undefined || table.key.length > 0) return parsed
  const fault =
    'from.topic.group_by: not available in this version for a table without a key; declare to.table.key.'
  return { ok: false, faults: [fault] }
}

/** Names, tables and grouped topics belong to the first file that declares them. */
export function refuseRepeated(files: readonly DeclarationFile[]): DeclarationFile[] {
  const names = new Map<string, string>()
  const tables = new Map<string, string>()
  const groupedTopics = new Map<string, string>()
  return files.map((file) => {
    if (!file.parsed.ok) return file
    const { path } = file
    const { declaration } = file.parsed
    const table = ownTableOf(declaration)
    const grouped = groupedTopicIn(declaration)
    const faults = [
      ...repeated(names, { value: declaration.name, path }, 'name'),
      ...repeated(tables, { value: table, path }, 'to.table.name'),
      ...repeated(groupedTopics, { value: grouped, path }, 'from.topic.group_by'),
    ]
    return faults.length === 0 ? file : { ...file, parsed: { ok: false, faults } }
  })
}

/** Pipelines must not start each other without end. The file that completes a cycle is refused. */
export function refuseCycles(files: readonly DeclarationFile[]): DeclarationFile[] {
  const accepted: PipelineDeclaration[] = []
  return files.map((file) => {
    if (!file.parsed.ok) return file
    const faults = cycleFaults(file.parsed, accepted)
    if (faults.length > 0) return { ...file, parsed: { ok: false, faults } }
    accepted.push(file.parsed.declaration)
    return file
  })
}

function groupedTopicIn(declaration: PipelineDeclaration): string | undefined {
  if (isTaskDeclaration(declaration) || declaration.topic.groupBy === undefined) return undefined
  return storedTopicOf(declaration)
}

function repeated(
  seen: Map<string, string>,
  { value, path }: { readonly value: string | undefined; readonly path: string },
  key: string,
): string[] {
  if (value === undefined) return []
  const first = seen.get(value)
  if (first !== undefined) return [`${key}: ${first} has "${value}" already; choose another one.`]
  seen.set(value, path)
  return []
}
