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
import { FileChangedError, FileContent } from './file-content.ts'
import type { LineProgress } from '../line-progress.ts'
import { readRecords } from './read-records.ts'

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
  /** Undefined: not shown to users. */
  readonly lineProgress?: LineProgress
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
  const { declaration, store, object, task } = file
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
  const content = new FileContent(file)
  try {
    for await (const text of readRecords(content, declaration.step)) {
      lines.push(text)
      await loadBatches()
      file.lineProgress?.note(loader.counts.lines)
    }
    lines.end()
    await loadBatches()
    await loader.end()
  } finally {
    // No statement of the load may run after the end of the transaction.
    await spanWriter.abort()
  }
  if ((await store.find(object.key))?.etag !== object.etag) throw new FileChangedError()
  return { sha256: await content.sha256(), ...loader.counts }
}
