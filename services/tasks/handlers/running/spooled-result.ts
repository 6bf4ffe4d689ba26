import { randomUUID } from 'node:crypto'
import { close, openSync, read, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ResultPart, TaskResult } from '../../../ledger/tasks/task.ts'
import { parseExactJson } from '../../../pipelines/decode/exact-json.ts'

const readAt = promisify(read)
const closeFile = promisify(close)

/** A result up to this size stays in memory. */
const memoryBytes = 65_536

const nothing = Promise.resolve()

/** Where a part is: in memory, or in the file. */
type Place = string | { readonly position: number; readonly length: number }

/**
 * A result as it comes from a handler process: small ones in memory, large ones in a file of at most
 * 1 MiB a part. The file has no name, so that the system frees it also if the worker is killed.
 */
export class SpooledResult implements TaskResult {
  readonly #folder: string
  readonly #parts: Place[] = []
  #file: number | undefined
  #fileBytes = 0
  #byteCount = 0
  #rowCount = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  get rowCount(): number {
    return this.#rowCount
  }

  get byteCount(): number {
    return this.#byteCount
  }

  /** @param json `{ "table", "refresh", "rows" }` */
  append(json: Buffer, rows: number): void {
    this.#rowCount += rows
    this.#byteCount += json.length
    if (this.#byteCount <= memoryBytes) {
      this.#parts.push(json.toString('utf8'))
      return
    }
    this.#file ??= this.#open()
    const position = this.#fileBytes
    for (let done = 0; done < json.length;) done += writeSync(this.#file, json, done)
    this.#fileBytes += json.length
    this.#parts.push({ position, length: json.length })
  }

  /** A number that a double does not hold exactly is an `ExactNumber`. */
  async *parts(): AsyncIterable<ResultPart> {
    for (const place of this.#parts) {
      yield toPart(typeof place === 'string' ? place : await this.#readFile(place))
    }
  }

  read(): readonly ResultPart[] | Promise<readonly ResultPart[]> {
    const parts: ResultPart[] = []
    for (const place of this.#parts) {
      if (typeof place !== 'string') return this.#readAll()
      parts.push(toPart(place))
    }
    return parts
  }

  async #readAll(): Promise<readonly ResultPart[]> {
    const parts: ResultPart[] = []
    for await (const part of this.parts()) parts.push(part)
    return parts
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#parts.length = 0
    const file = this.#file
    this.#file = undefined
    return file === undefined ? nothing : closeFile(file)
  }

  #open(): number {
    const path = join(this.#folder, `result-${randomUUID()}`)
    const file = openSync(path, 'wx+', 0o600)
    rmSync(path)
    return file
  }

  async #readFile({ position, length }: { position: number; length: number }): Promise<string> {
    if (this.#file === undefined) throw new Error('the result has been disposed')
    const buffer = Buffer.alloc(length)
    for (let done = 0; done < length;) {
      const { bytesRead } = await readAt(this.#file, buffer, done, length - done, position + done)
      if (bytesRead === 0) throw new Error('the file of a result has ended early')
      done += bytesRead
    }
    return buffer.toString('utf8')
  }
}

const toPart = (json: string): ResultPart => parseExactJson(json) as ResultPart
