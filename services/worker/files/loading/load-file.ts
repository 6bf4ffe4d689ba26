import { createHash } from 'node:crypto'
import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { LineLetter } from '../../../adapters/postgres/files/line-writer.ts'
import { LineWriter } from '../../../adapters/postgres/files/line-writer.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { CopyRowEncoder } from '../../../adapters/postgres/tables/copy-row-encoder.ts'
import { sinkOfTable } from '../../../adapters/postgres/tables/sink-of-table.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../../pipelines/declared-table.ts'
import type { DeclaredRow } from '../../../pipelines/decode/decode-record.ts'
import { createFileLines } from '../../../pipelines/files/file-lines.ts'
import type { FileLine, FileLines, RefusedLine, RowLine } from '../../../pipelines/files/lines.ts'
import { BadLines } from './bad-lines.ts'
import { readText } from './read-text.ts'

/** The content of a file has changed since it was found. */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError'
}

export type FileToLoad = {
  readonly declaration: FileDeclaration
  readonly store: ObjectStore
  readonly object: StoredObject
  /** The id of the task that loads it. */
  readonly task: number
  readonly signal: AbortSignal
  /** Called with the part of the file that was read, from 0 to 1. */
  readonly onProgress: (fraction: number) => void
  readonly addLogLine: (line: string) => void
}

/** What was loaded. @member stored rows that were added or changed */
export type Loaded = {
  readonly sha256: Buffer
  readonly lines: number
  readonly stored: number
  readonly rejected: number
}

/** Lines are written together when there are this many lines or bytes. */
const mostLines = 4_000
const mostBytes = 262_144

/**
 * Loads a file in the transaction of the client. It keeps only some lines in memory.
 *
 * @throws FileFault if the file cannot be loaded
 * @throws FileChangedError
 */
export async function loadFile(client: Transaction, file: FileToLoad): Promise<Loaded> {
  const { declaration, store, object, task, signal, onProgress } = file
  const schema = toTableSchema({ table: declaration.to.table, columns: declaration.step.columns })
  const writer = new LineWriter<DeclaredRow>(client, {
    ...{ sink: sinkOfTable(schema), pipeline: declaration.name, task },
  })
  const lines = createFileLines({
    ...{ step: declaration.step, task },
    hasPosition: declaration.to.table.onConflict.kind !== 'keep',
    encoder: new CopyRowEncoder(schema.columns.length),
  })
  const loading = new Loading(lines, writer, new BadLines(declaration.step, file.addLogLine))
  const hash = createHash('sha256')
  let bytes = 0
  const content = await openFile(file)
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      signal.throwIfAborted()
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
      onProgress(Math.min(1, bytes / object.size))
    }
  }
  try {
    for await (const text of readText(counted(), declaration.step)) await loading.push(text)
    await loading.end()
  } finally {
    // No statement of the load may run after the end of the transaction.
    await loading.untilIdle()
  }
  if ((await store.find(object.key))?.etag !== object.etag) throw new FileChangedError()
  // Bytes after the end of a compressed file are not read.
  const sha256 = bytes === object.size ? hash.digest() : await hashFile(file)
  return { sha256, ...loading.counts }
}

/** The SHA-256 of a file. @throws FileChangedError */
export async function hashFile(
  file: Pick<FileToLoad, 'store' | 'object' | 'signal'>,
): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of await openFile(file)) {
    file.signal.throwIfAborted()
    hash.update(chunk)
  }
  return hash.digest()
}

async function openFile({
  store,
  object,
}: Pick<FileToLoad, 'store' | 'object'>): Promise<AsyncIterable<Buffer>> {
  const content = await store.read(object)
  if (content === undefined) throw new FileChangedError()
  return content
}

/** The lines that were read and are not written yet. While some are written, the next ones are read. */
class Loading {
  readonly #lines: FileLines
  readonly #writer: LineWriter<DeclaredRow>
  readonly #badLines: BadLines
  #rows: RowLine[] = []
  #letters: LineLetter[] = []
  #bytes = 0
  #count = 0
  #stored = 0
  #writing: Promise<void> = Promise.resolve()

  constructor(lines: FileLines, writer: LineWriter<DeclaredRow>, badLines: BadLines) {
    this.#lines = lines
    this.#writer = writer
    this.#badLines = badLines
  }

  get counts(): Omit<Loaded, 'sha256'> {
    return { lines: this.#count, stored: this.#stored, rejected: this.#badLines.count }
  }

  async push(chunk: Uint8Array): Promise<void> {
    this.#lines.push(chunk)
    await this.#take()
  }

  async end(): Promise<void> {
    this.#lines.end()
    await this.#take()
    await this.#write()
    await this.#writing
  }

  /** Resolves when nothing is written, also after an error. */
  async untilIdle(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }

  async #take(): Promise<void> {
    for (;;) {
      const line = this.#lines.next()
      if (line === undefined) return
      this.#add(line)
      const waiting = this.#rows.length + this.#letters.length
      if (waiting >= mostLines || this.#bytes >= mostBytes) await this.#write()
    }
  }

  #add(line: FileLine): void {
    this.#count += 1
    this.#bytes += line.end - line.begin
    if (line.kind === 'row') this.#rows.push(line)
    else this.#letters.push(toLetter(line))
  }

  async #write(): Promise<void> {
    const [rows, letters] = [this.#rows, this.#letters]
    this.#rows = []
    this.#letters = []
    this.#bytes = 0
    await this.#writing
    this.#writing = this.#writePart(rows, letters)
    // The next call reports an error.
    this.#writing.catch(() => undefined)
  }

  async #writePart(rows: readonly RowLine[], letters: readonly LineLetter[]): Promise<void> {
    const written = await this.#writer.write({ rows, letters })
    this.#stored += written.stored
    this.#badLines.add(written.letters)
  }
}

function toLetter({ offset, code, detail, bytes, begin, end }: RefusedLine): LineLetter {
  return { line: offset, code, detail, text: bytes.subarray(begin, end) }
}
