import type {
  AttemptOutcome,
  FaultCode,
  JsonRow,
  ResultPart,
  TaskResult,
} from '../../../ledger/tasks/task.ts'
import { parseExactJson } from '../../../pipelines/decode/exact-json.ts'

/**
 * The handler `store_rows`: its parameters are its result. It runs in the worker, so that numbers keep
 * all their digits.
 *
 * @param params `[{ "table", "refresh", "data": [row] }]`, or one such object
 */
export function storeRows(params: string): AttemptOutcome {
  let value: unknown
  try {
    value = parseExactJson(params)
  } catch (error) {
    return failed('not-json', `The parameters are not JSON: ${(error as Error).message}.`)
  }
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  const parts: ResultPart[] = []
  for (const [index, part] of list.entries()) {
    const read = readPart(part, `params[${index}]`)
    if (typeof read === 'string') return failed('bad-params', read)
    parts.push(read)
  }
  return { kind: 'complete', result: new MemoryResult(parts, Buffer.byteLength(params)) }
}

/** @returns a sentence if the part has another shape */
function readPart(part: unknown, place: string): ResultPart | string {
  if (!isObject(part)) return `${place} must be an object { "table", "refresh", "data" }.`
  const { table, refresh = false, data } = part
  if (typeof table !== 'string' || table === '') {
    return `${place}.table must be the name of a table.`
  }
  if (typeof refresh !== 'boolean') return `${place}.refresh must be true or false.`
  if (!Array.isArray(data)) return `${place}.data must be an array of rows.`
  const rows = data as readonly unknown[]
  const wrong = rows.findIndex((row) => !isObject(row))
  if (wrong !== -1) return `${place}.data[${wrong}] must be an object with a value for each column.`
  return { table, refresh, rows: rows as readonly JsonRow[] }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function failed(code: FaultCode, message: string): AttemptOutcome {
  return { kind: 'failed', fault: { code, message, stack: undefined } }
}

class MemoryResult implements TaskResult {
  readonly #parts: readonly ResultPart[]
  readonly byteCount: number

  constructor(parts: readonly ResultPart[], byteCount: number) {
    this.#parts = parts
    this.byteCount = byteCount
  }

  get rowCount(): number {
    return this.#parts.reduce((sum, { rows }) => sum + rows.length, 0)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
  async *parts(): AsyncIterable<ResultPart> {
    yield* this.#parts
  }

  read(): Promise<readonly ResultPart[]> {
    return Promise.resolve(this.#parts)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
