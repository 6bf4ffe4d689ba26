import type { HandlerPart } from '../api/handler.ts'
import { maxRowBytes, partBytes, partMark } from '../protocol.ts'
import { CallFault } from './call-fault.ts'
import { writeLines } from './output/output.ts'
import { rowText } from './row-text.ts'

/**
 * Writes parts one after the other. Reads no more parts after the signal was aborted.
 *
 * @returns the empty text, like `writeResult` with nothing left to write
 * @throws CallFault `bad-result` with the place in words
 */
export async function writeParts(
  call: number,
  parts: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<string> {
  let number = 0
  for await (const part of parts) {
    signal.throwIfAborted()
    writeLines(writePart(call, part, `part ${number++}`))
  }
  return ''
}

/**
 * Writes what a handler has returned as parts.
 *
 * @returns lines that are not written yet. They are written together with the end of the call
 * @throws CallFault `bad-result` with the place in words, or `threw` for `[rows, error]` with an error
 */
export function writeResult(call: number, returned: unknown): string {
  if (returned === undefined || returned === null) return ''
  if (!Array.isArray(returned)) {
    throw bad(`The result is ${kindOf(returned)}`, shape)
  }
  const parts = partsOf(returned)
  // All parts are checked before one is written.
  for (const [index, part] of parts.entries()) checkPart(part, `result[${index}]`)
  let last = ''
  for (const [index, part] of parts.entries()) {
    if (last !== '') writeLines(last)
    last = writePart(call, part, `result[${index}]`)
  }
  return last
}

const shape = 'return [{ table, refresh, data: [row] }], [rows, error], or nothing'

/** `[rows, error]` has rows that are an array or null; a list of parts begins with an object. */
function partsOf(returned: readonly unknown[]): readonly unknown[] {
  const [first, error] = returned
  const isPair =
    returned.length === 2 && (Array.isArray(first) || first === null || first === undefined)
  if (!isPair) return returned
  if (error !== null && error !== undefined) throw error as Error
  return (first as readonly unknown[] | null | undefined) ?? []
}

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

function checkPart(part: unknown, place: string): asserts part is HandlerPart {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) {
    throw bad(`${place} is ${kindOf(part)}`, 'return objects { table, refresh, data }')
  }
  const { table, refresh, data } = part as Readonly<Record<string, unknown>>
  if (typeof table !== 'string' || table === '') {
    throw bad(`${place}.table is ${kindOf(table)}`, 'it must be the name of a table')
  }
  if (refresh !== undefined && typeof refresh !== 'boolean') {
    throw bad(`${place}.refresh is ${kindOf(refresh)}`, 'it must be true or false')
  }
  if (!Array.isArray(data))
    throw bad(`${place}.data is ${kindOf(data)}`, 'it must be an array of rows')
}

/** @returns the last piece of the part, which is not written yet */
function writePart(call: number, part: unknown, place: string): string {
  checkPart(part, place)
  const { table, refresh = false, data } = part
  // Only the first piece of a part replaces the content of the table.
  let replaces = refresh
  let rows: string[] = []
  let length = 0
  const takePiece = (): string => {
    const head = `{"table":${JSON.stringify(table)},"refresh":${replaces},"rows":[`
    const piece = `${partMark}${call} ${rows.length} ${head}${rows.join(',')}]}\n`
    replaces = false
    rows = []
    length = 0
    return piece
  }
  for (const [index, row] of data.entries()) {
    const text = rowText(row, `${place}.data[${index}]`)
    if (text.length > maxRowBytes) {
      throw new CallFault(
        'result-too-large',
        `${place}.data[${index}] has ${text.length} characters; a row may have ${maxRowBytes}.`,
      )
    }
    if (rows.length > 0 && length + text.length > partBytes) writeLines(takePiece())
    rows.push(text)
    length += text.length
  }
  // A part without rows empties its table, if `refresh` is true.
  return rows.length > 0 || data.length === 0 ? takePiece() : ''
}

function bad(what: string, right: string): CallFault {
  return new CallFault('bad-result', `${what}; ${right}.`)
}

/** What a value is, in words. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
