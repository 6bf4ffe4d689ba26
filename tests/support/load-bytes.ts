import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { FolderStore } from '../../services/adapters/objects/folder-store.ts'
import { createTable } from '../../services/adapters/postgres/tables/create-table.ts'
import { parsePipeline } from '../../services/pipelines/declaration/parse-pipeline.ts'
import type { FileDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../services/pipelines/declared-table.ts'
import { FileFault } from '../../services/pipelines/files/file-fault.ts'
import { loadFile } from '../../services/worker/files/loading/load-file.ts'
import { TaskDatabase } from './task-database.ts'
import { TemporaryFolder } from './temporary-folder.ts'

export type LoadedBytes = {
  /** Each row as a text, sorted. */
  readonly rows: readonly string[]
  readonly letters: readonly {
    readonly line: number
    readonly code: string
    readonly detail: string
    readonly text: string
  }[]
  /** Why the file cannot be loaded. */
  readonly fault: string | undefined
  readonly counts: { readonly lines: number; readonly stored: number; readonly rejected: number }
}

/** The declaration of a pipeline that loads files. */
export function fileDeclaration(text: string): FileDeclaration {
  const parsed = parsePipeline(text, () => ({ fault: '' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return parsed.declaration as FileDeclaration
}

/** The id of a task that does not exist. */
const task = 1

/** Loads files in transactions that are rolled back. */
export class ByteLoader implements AsyncDisposable {
  readonly #database: TaskDatabase
  readonly #folder = new TemporaryFolder()

  private constructor(database: TaskDatabase) {
    this.#database = database
  }

  static async create(): Promise<ByteLoader> {
    return new ByteLoader(await TaskDatabase.create())
  }

  /** Loads a file twice: in the usual way, and with all lines decoded. @param prepare changes the new table */
  async load(
    declaration: FileDeclaration,
    content: string | Uint8Array,
    prepare: readonly string[] = [],
  ): Promise<{ readonly usual: LoadedBytes; readonly decoded: LoadedBytes }> {
    writeFileSync(join(this.#folder.path, 'file'), content)
    const usual = await this.#loadOnce(declaration, prepare, false)
    return { usual, decoded: await this.#loadOnce(declaration, prepare, true) }
  }

  async #loadOnce(
    declaration: FileDeclaration,
    prepare: readonly string[],
    decodesAll: boolean,
  ): Promise<LoadedBytes> {
    const client = await this.#database.pool.connect()
    try {
      await client.query('BEGIN')
      const { table } = declaration.to
      await createTable(client, toTableSchema({ table, columns: declaration.step.columns }))
      for (const statement of prepare) await client.query(statement)
      return await this.#result(client, declaration, decodesAll)
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  async #result(
    client: pg.PoolClient,
    declaration: FileDeclaration,
    decodesAll: boolean,
  ): Promise<LoadedBytes> {
    const store = new FolderStore(this.#folder.path)
    const object = await store.find('file')
    if (object === undefined) throw new Error('The file was not written.')
    const nothing = { rows: [], letters: [], counts: { lines: 0, stored: 0, rejected: 0 } }
    try {
      const { lines, stored, rejected } = await loadFile(client, {
        ...{ declaration, store, object, task, decodesAll, signal: new AbortController().signal },
        ...{ onProgress: () => undefined, addLogLine: () => undefined },
      })
      const { name } = declaration.to.table
      const rows = await client.query<{ row: string }>(
        `SELECT loaded::text AS row FROM data."${name}" AS loaded ORDER BY 1`,
      )
      const letters = await client.query<LoadedBytes['letters'][number]>(
        `SELECT line::int, code, detail, encode(record_value, 'escape') AS text
         FROM dead_letter WHERE task_id = $1 ORDER BY line`,
        [task],
      )
      const counts = { lines, stored, rejected }
      return {
        rows: rows.rows.map(({ row }) => row),
        letters: letters.rows,
        ...{ fault: undefined, counts },
      }
    } catch (error) {
      if (error instanceof FileFault) return { ...nothing, fault: error.message }
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
