import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { OutputLines } from '../../../ledger/task-output.ts'
import type { ClaimedTask, ResultPart } from '../../../ledger/tasks/task.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

/** Minimum size of a part, in bytes, except the last. Lines are not divided. */
const partBytes = 256 * 1024
/** Parts of this total size, in bytes, are sent to the database together. */
const sentBytes = 1024 * 1024

type Output = {
  readonly task: number
  readonly pipeline: string
  readonly folder: string
  readonly lines: OutputLines
  readonly bytes: number
  readonly hash: Hash
}

type Part = { readonly task: number; readonly part: number; readonly content: Buffer }

/** Writes results for the bucket in the transaction of their tasks. Holds about 1 MiB in memory. */
export class OutputWriter {
  readonly #client: pg.PoolClient
  readonly #outputs: Output[] = []
  #parts: Part[] = []
  #partBytes = 0

  constructor(client: pg.PoolClient) {
    this.#client = client
  }

  /**
   * @param folder of `to.objects`
   * @throws UnreadableResult
   */
  async write(
    { id: task, pipeline }: Pick<ClaimedTask, 'id' | 'pipeline'>,
    folder: string,
    parts: AsyncIterable<ResultPart> | Iterable<ResultPart>,
  ): Promise<void> {
    const lines = new OutputLines()
    const hash = createHash('sha256')
    let [bytes, part] = [0, 0]
    for await (const content of toBuffers(lines, parts)) {
      hash.update(content)
      bytes += content.length
      await this.#add({ task, part: part++, content })
    }
    this.#outputs.push({ task, pipeline, folder: `${folder}/${pipeline}`, lines, bytes, hash })
  }

  async #add(part: Part): Promise<void> {
    this.#parts.push(part)
    this.#partBytes += part.content.length
    if (this.#partBytes >= sentBytes) await this.#sendParts()
  }

  async #sendParts(): Promise<void> {
    const parts = this.#parts
    if (parts.length === 0) return
    this.#parts = []
    this.#partBytes = 0
    const inserted = await this.#client.query(sqlStatement('insert-output-parts'), [
      parts.map(({ task }) => task),
      parts.map(({ part }) => part),
      parts.map(({ content }) => content),
    ])
    requireRows(inserted, parts.length, 'task_output_part')
  }

  /** Writes the remaining parts, and the objects themselves. */
  async flush(): Promise<void> {
    await this.#sendParts()
    const outputs = this.#outputs.splice(0)
    if (outputs.length === 0) return
    const inserted = await this.#client.query(sqlStatement('insert-outputs'), [
      outputs.map(({ task }) => task),
      outputs.map(({ pipeline }) => pipeline),
      outputs.map(({ folder }) => folder),
      outputs.map(({ lines }) => lines.rows),
      outputs.map(({ bytes }) => bytes),
      outputs.map(({ hash }) => hash.digest()),
      outputs.map(({ lines }) => JSON.stringify(lines.tables)),
    ])
    requireRows(inserted, outputs.length, 'task_output')
  }
}

async function* toBuffers(
  lines: OutputLines,
  parts: AsyncIterable<ResultPart> | Iterable<ResultPart>,
): AsyncGenerator<Buffer, void> {
  let text: string[] = []
  let length = 0
  for await (const part of parts) {
    for (const line of lines.add(part)) {
      text.push(line)
      length += line.length
      if (length < partBytes) continue
      yield Buffer.from(text.join(''))
      text = []
      length = 0
    }
  }
  if (length > 0) yield Buffer.from(text.join(''))
}
