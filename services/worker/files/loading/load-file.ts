import { createHash } from 'node:crypto'
import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import { LineWriter } from '../../../adapters/postgres/files/line-writer.ts'
import { SpanWriter } from '../../../adapters/postgres/files/span-writer.ts'
import type { Transaction } from '../../../adapters/postgres/pipelines/pipeline-store.ts'
import { CopyRowEncoder } from '../../../adapters/postgres/tables/copy-row-encoder.ts'
import { sinkOfTable } from '../../../adapters/postgres/tables/sink-of-table.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../../pipelines/declared-table.ts'
import type { DeclaredRow } from '../../../pipelines/decode/decode-record.ts'
import { createFileLines } from '../../../pipelines/files/file-lines.ts'
import { BadLines } from './bad-lines.ts'
import { BatchLoader } from './batch-loader.ts'
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
  /** Whether all lines are decoded, to compare with the faster way. */
  readonly decodesAll?: boolean
}

/** What was loaded. @member stored rows that were added or changed */
export type Loaded = {
  readonly sha256: Buffer
  readonly lines: number
  readonly stored: number
  readonly rejected: number
}

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
    ...{ step: declaration.step, task, decodesAll: file.decodesAll ?? false },
    hasPosition: declaration.to.table.onConflict.kind !== 'keep',
    encoder: new CopyRowEncoder(schema.columns.length),
  })
  const spanWriter = new SpanWriter(client, schema)
  const loader = new BatchLoader(
    spanWriter,
    writer,
    new BadLines(declaration.step, file.addLogLine),
  )
  const loadBatches = async (): Promise<void> => {
    for (let batch = lines.nextBatch(); batch !== undefined; batch = lines.nextBatch())
      await loader.add(batch)
  }
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
    for await (const text of readText(counted(), declaration.step)) {
      lines.push(text)
      await loadBatches()
    }
    lines.end()
    await loadBatches()
    await loader.end()
  } finally {
    // No statement of the load may run after the end of the transaction.
    await spanWriter.abort()
  }
  if ((await store.find(object.key))?.etag !== object.etag) throw new FileChangedError()
  // Bytes after the end of a compressed file are not read.
  const sha256 = bytes === object.size ? hash.digest() : await hashFile(file)
  return { sha256, ...loader.counts }
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
