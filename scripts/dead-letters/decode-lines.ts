import type pg from 'pg'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { bucketName, openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import type { DecodeLetters } from '../../services/adapters/postgres/dead-letters/redrive-store.ts'
import type { FileOfTask } from '../../services/adapters/postgres/files/file-store.ts'
import { FileStore } from '../../services/adapters/postgres/files/file-store.ts'
import { CopyRowEncoder } from '../../services/adapters/postgres/tables/copy-row-encoder.ts'
import type { DecodedEntry } from '../../services/ledger/batch.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import type { FileDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { toTableSchema } from '../../services/pipelines/declared-table.ts'
import type { DeclaredRow } from '../../services/pipelines/decode/decode-record.ts'
import { FileFault } from '../../services/pipelines/files/file-fault.ts'
import { findHeaderEnd } from '../../services/pipelines/files/delimited/header-end.ts'
import { tooLongCode } from '../../services/pipelines/files/line-faults.ts'
import { createFileLines } from '../../services/pipelines/files/file-lines.ts'
import { FileContent } from '../../services/worker/files/loading/file-content.ts'
import { readRecords } from '../../services/worker/files/loading/read-records.ts'

/** A line whose file is gone cannot be read again. */
const missingCode = 'file-missing'
/** The longest header. */
const maxHeaderBytes = 1_048_576
const lineBreak = 0x0a

/**
 * Decodes dead letters that are lines of files by a declaration. A line of a file with a header is read together with
 * the header. The row keeps the position of the line.
 */
export function createLineDecoder(
  declaration: FileDeclaration,
  headers: LineHeaders,
): DecodeLetters<DeclaredRow> {
  return async (letters) => {
    const entries: DecodedEntry<DeclaredRow>[] = []
    for (const letter of letters) {
      // The letter of a line that is too long has only its beginning.
      const isWhole = letter.code !== tooLongCode
      entries.push(isWhole ? await decodeLine(declaration, headers, letter) : refuseAgain(letter))
    }
    return entries
  }
}

function refuseAgain({ id, original, code, detail }: DeadLetter): DecodedEntry<DeclaredRow> {
  return { kind: 'refused', offset: id, original, code, detail }
}

async function decodeLine(
  declaration: FileDeclaration,
  headers: LineHeaders,
  letter: DeadLetter,
): Promise<DecodedEntry<DeclaredRow>> {
  const { id, original, position } = letter
  const refuse = (code: string, detail: string): DecodedEntry<DeclaredRow> => ({
    ...{ kind: 'refused', offset: id, original, code, detail },
  })
  const { format } = declaration.step
  const hasHeader = format.kind === 'delimited' && format.hasHeader
  const header = hasHeader ? await headers.of(position.logId, declaration) : new Uint8Array()
  if (header === undefined) {
    const earlier = letter.code === missingCode ? '' : ` Before: ${letter.code}: ${letter.detail}`
    return refuse(
      missingCode,
      `The file of the line cannot be read, and its header names the fields. Put it back.${earlier}`,
    )
  }
  try {
    const line = readLine(declaration, [header, original.value ?? new Uint8Array()], position.logId)
    if (line === undefined) return refuse(letter.code, letter.detail)
    if (line.kind === 'refused') return refuse(line.code, line.detail)
    return { kind: 'row', offset: id, original, row: { values: line.row.values, ...position } }
  } catch (error) {
    if (error instanceof FileFault) return refuse(letter.code, error.message)
    throw error
  }
}

/** The first line of the parts; undefined if there is none. */
function readLine({ step, to }: FileDeclaration, parts: readonly Uint8Array[], task: number) {
  const schema = toTableSchema({ table: to.table, columns: step.columns })
  const lines = createFileLines({
    ...{ step, task, decodesAll: true, hasPosition: to.table.onConflict.kind !== 'keep' },
    encoder: new CopyRowEncoder(schema.columns.length),
  })
  lines.push(Buffer.concat(parts.flatMap((part) => (part.length === 0 ? [] : [part, newLine]))))
  lines.end()
  return lines.next()
}

const newLine = Buffer.from([lineBreak])

/** Reads the first lines of the files of tasks, each once. */
export class LineHeaders {
  readonly #pool: pg.Pool
  readonly #bucket: BucketSettings | undefined
  readonly #read = new Map<number, Promise<Uint8Array | undefined>>()

  constructor(pool: pg.Pool, bucket: BucketSettings | undefined) {
    this.#pool = pool
    this.#bucket = bucket
  }

  /** Undefined if the file cannot be read. */
  of(task: number, declaration: FileDeclaration): Promise<Uint8Array | undefined> {
    const known = this.#read.get(task)
    if (known !== undefined) return known
    const reading = this.#readHeader(task, declaration)
    this.#read.set(task, reading)
    return reading
  }

  async #readHeader(task: number, { step }: FileDeclaration): Promise<Uint8Array | undefined> {
    if (this.#bucket === undefined) return undefined
    const store = openBucket(this.#bucket)
    const file = await new FileStore(this.#pool, bucketName(this.#bucket)).ofTask(task)
    if (file === undefined) return undefined
    const object = await store.find(file.processingKey ?? file.place)
    // Another file may have its name now.
    if (object === undefined || object.size !== file.size) return undefined
    const { signal } = new AbortController()
    const content = new FileContent({ store, object, signal, onProgress: () => undefined })
    const header = await readHeaderLine(content, step)
    return (await isSame(content, file)) ? header : undefined
  }
}

/** Undefined if the header is too long. */
async function readHeaderLine(
  content: FileContent,
  step: FileDeclaration['step'],
): Promise<Uint8Array | undefined> {
  const quote = step.format.kind === 'delimited' ? step.format.quote : undefined
  let read = Buffer.alloc(0)
  for await (const text of readRecords(content, step)) {
    read = Buffer.concat([read, text])
    const end = findHeaderEnd(read, quote)
    if (end >= 0) return read.subarray(0, end)
    if (read.length > maxHeaderBytes) return undefined
  }
  return read
}

/** Whether it is the content whose lines were loaded. */
async function isSame(content: FileContent, { sha256 }: FileOfTask): Promise<boolean> {
  return sha256 === null || sha256.equals(await content.sha256())
}
