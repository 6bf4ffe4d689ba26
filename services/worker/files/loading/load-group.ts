import type { ObjectStore } from '../../../adapters/objects/object-store.ts'
import type { Pool } from '../../../adapters/postgres/driver/connection.ts'
import type { FileStore, WaitingFile } from '../../../adapters/postgres/files/file-store.ts'
import { LineWriter } from '../../../adapters/postgres/files/line-writer.ts'
import type { WrittenFile } from '../../../adapters/postgres/files/settle-files.ts'
import { findRepeated, settleFiles } from '../../../adapters/postgres/files/settle-files.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { CopyRowEncoder } from '../../../adapters/postgres/tables/copy-row-encoder.ts'
import { copyRows } from '../../../adapters/postgres/tables/copy-rows.ts'
import { sinkOfTable } from '../../../adapters/postgres/tables/sink-of-table.ts'
import type { TableSink } from '../../../adapters/postgres/tables/table-sink.ts'
import type { SettledTask } from '../../../ledger/tasks/settlement.ts'
import type { ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../../pipelines/declared-table.ts'
import type { DeclaredRow } from '../../../pipelines/decode/decode-record.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'
import { LinkedAbort } from '../../../runtime/abort.ts'
import { BadLines } from './bad-lines.ts'
import { FileChangedError } from './file-content.ts'
import type { ParsedFile } from './parse-file.ts'
import { parseFile } from './parse-file.ts'

export type GroupOptions = {
  readonly declaration: FileDeclaration
  readonly store: ObjectStore
  readonly files: FileStore
  readonly pool: Pool
  readonly cancelPool: Pool
  /** The id of the worker. */
  readonly worker: number
  /** Aborts if one of the tasks is canceled. */
  readonly cancel: AbortSignal
}

/** Files above this size are loaded one by one. */
const maxBytesOfSmall = 65_536
/** A group that takes longer is given up. Then its files are loaded one by one. */
const timeoutMs = 20_000

type Small = ParsedFile & { readonly task: ClaimedTask; readonly file: WaitingFile }

/**
 * Loads small files together: one `COPY` and one transaction for all of them.
 *
 * @returns the tasks that were settled. Load the others one by one: their files are large, changed, repeated or
 * faulty, or the group failed as a whole and nothing of it is stored.
 */
export async function loadGroup(
  tasks: readonly ClaimedTask[],
  options: GroupOptions,
): Promise<SettledTask[]> {
  using end = new LinkedAbort(options.cancel)
  const timer = setTimeout(() => {
    end.abort()
  }, timeoutMs)
  try {
    return await new Group({ ...options, cancel: end.signal }).load(tasks)
  } catch {
    // Each file meets the cause again, and reports it.
    return []
  } finally {
    clearTimeout(timer)
  }
}

class Group {
  readonly #options: GroupOptions
  readonly #sink: TableSink<DeclaredRow>
  readonly #encoder: CopyRowEncoder

  constructor(options: GroupOptions) {
    this.#options = options
    const { to, step } = options.declaration
    const schema = toTableSchema({ table: to.table, columns: step.columns })
    this.#sink = sinkOfTable(schema)
    this.#encoder = new CopyRowEncoder(schema.columns.length)
  }

  async load(tasks: readonly ClaimedTask[]): Promise<SettledTask[]> {
    const { declaration, pool, worker, cancel, cancelPool } = this.#options
    const found = await this.#newOnes(await this.#readAll(tasks))
    if (found.length < 2) return []
    const byTask = new Map(found.map((small) => [small.task.id, small]))
    return settleFiles(pool, {
      ...{ pipeline: declaration.name, worker, cancel, cancelPool },
      tasks: found.map(({ task }) => task),
      skipsRepeated: this.#skipsRepeated,
      work: async (client, held) => {
        const present = held.flatMap(({ id }) => byTask.get(id) ?? [])
        const written = await this.#write(client, present)
        await this.#requireUnchanged(present)
        return written
      },
    })
  }

  get #skipsRepeated(): boolean {
    return this.#options.declaration.source.onRepeat === 'skip'
  }

  async #readAll(tasks: readonly ClaimedTask[]): Promise<Small[]> {
    // Each of these files is moved before it is loaded.
    if (this.#options.declaration.source.processing !== undefined) return []
    const files = await this.#options.files.ofTasks(tasks.map(({ id }) => id))
    const small = await Promise.all(
      tasks.map(async (task) => {
        const file = files.get(task.id)
        return file === undefined || file.size > maxBytesOfSmall ? [] : await this.#read(task, file)
      }),
    )
    return small.flat()
  }

  async #read(task: ClaimedTask, file: WaitingFile): Promise<Small[]> {
    const { store, declaration } = this.#options
    const content = await store.readWhole(file).catch(() => undefined)
    if (content === undefined) return []
    try {
      const options = { task: task.id, encoder: this.#encoder }
      const parsed = await parseFile(content, declaration, options)
      return parsed === undefined ? [] : [{ ...parsed, task, file }]
    } catch (error) {
      if (error instanceof FileFault) return []
      throw error
    }
  }

  /** Without files whose content was loaded before, or is in the group twice. */
  async #newOnes(found: readonly Small[]): Promise<Small[]> {
    if (!this.#skipsRepeated || found.length === 0) return [...found]
    const byContent = new Map(found.toReversed().map((each) => [each.sha256.toString('hex'), each]))
    const distinct = found.filter((each) => byContent.get(each.sha256.toString('hex')) === each)
    const { pool, declaration } = this.#options
    const repeated = await findRepeated(
      pool,
      declaration.name,
      distinct.map(({ file: { id, size }, sha256 }) => ({ file: id, size, sha256 })),
    )
    return distinct.filter(({ file }) => !repeated.has(file.id))
  }

  /** @throws FileChangedError if a file has changed since it was read */
  async #requireUnchanged(loaded: readonly Small[]): Promise<void> {
    const { store } = this.#options
    const isSame = async ({ file: { key, etag } }: Small): Promise<boolean> =>
      (await store.find(key))?.etag === etag
    const same = await Promise.all(loaded.map(isSame))
    if (same.includes(false)) throw new FileChangedError()
  }

  /** Good files are copied together. If the database refuses that, all are written one by one. */
  async #write(client: Transaction, held: readonly Small[]): Promise<WrittenFile[]> {
    const good = held.filter(({ letters }) => letters.length === 0)
    const isCopied = await this.#copyTogether(client, good)
    const written = isCopied ? good.map((small) => toWritten(small, small.rows.length)) : []
    const others = isCopied ? held.filter(({ letters }) => letters.length > 0) : held
    for (const small of others) {
      const one = await this.#writeOne(client, small)
      if (one !== undefined) written.push(one)
    }
    return written
  }

  async #copyTogether(client: Transaction, good: readonly Small[]): Promise<boolean> {
    const rows = good.flatMap((each) => each.rows)
    if (rows.length === 0) return true
    await client.query('SAVEPOINT files')
    try {
      if ((await copyRows(client, this.#sink, rows)) === rows.length) {
        await client.query('RELEASE SAVEPOINT files')
        return true
      }
    } catch {
      // An outage: the next statement rejects.
    }
    await client.query('ROLLBACK TO SAVEPOINT files')
    return false
  }

  /** @returns undefined if the file is to be loaded separately */
  async #writeOne(client: Transaction, small: Small): Promise<WrittenFile | undefined> {
    const { declaration } = this.#options
    const { rows, letters, task } = small
    const logLines: string[] = []
    const badLines = new BadLines(declaration.step, (line) => logLines.push(line))
    await client.query('SAVEPOINT file')
    try {
      const options = { sink: this.#sink, pipeline: declaration.name, task: task.id }
      const written = await new LineWriter(client, options).write({ rows, letters })
      badLines.add(written.letters)
      await client.query('RELEASE SAVEPOINT file')
      return { ...toWritten(small, written.stored), rejected: written.letters.length, logLines }
    } catch {
      // An outage: the next statement rejects.
      await client.query('ROLLBACK TO SAVEPOINT file')
      return undefined
    }
  }
}

function toWritten({ task, file, sha256, rows, letters }: Small, stored: number): WrittenFile {
  return {
    ...{ task, file: file.id, size: file.size, sha256, stored, rejected: 0, logLines: [] },
    lines: rows.length + letters.length,
  }
}
