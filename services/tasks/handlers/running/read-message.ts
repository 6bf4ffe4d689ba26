import type { FromProcess } from '../protocol.ts'
import { maxRowBytes, partMark } from '../protocol.ts'

export type ReceivedPart = { readonly call: number; readonly rows: number; readonly json: Buffer }

type ReadLine =
  | { readonly kind: 'message'; readonly message: FromProcess }
  | { readonly kind: 'part'; readonly part: ReceivedPart }
  /** The process did not write it: a handler has written to the pipe. */
  | { readonly kind: 'malformed' }

/** A part has one row at least, and the numbers before it. */
export const maxLineBytes = 2 * maxRowBytes

const isNumber = (value: unknown): boolean => typeof value === 'number'
const isText = (value: unknown): boolean => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** What follows the name of each message. */
const shapes: Readonly<Record<FromProcess[0], readonly ((value: unknown) => boolean)[]>> = {
  ready: [],
  ending: [],
  inspected: [isNumber, isObject],
  log: [(value) => value === null || isNumber(value), isText, isText],
  progress: [isNumber, isNumber],
  done: [isNumber],
  failed: [
    isNumber,
    (value) => isObject(value) && isText(value['code']) && isText(value['message']),
  ],
  withdrawn: [Array.isArray],
}

/** Reads a line that a handler process has written. */
export function readMessage(line: Buffer): ReadLine {
  if (line[0] === partMark) return readPart(line)
  try {
    const message: unknown = JSON.parse(line.toString('utf8'))
    if (isMessage(message)) return { kind: 'message', message }
  } catch {
    // Not JSON.
  }
  return { kind: 'malformed' }
}

function isMessage(value: unknown): value is FromProcess {
  if (!Array.isArray(value)) return false
  const [name, ...rest] = value as readonly unknown[]
  if (typeof name !== 'string' || !Object.hasOwn(shapes, name)) return false
  return shapes[name as FromProcess[0]].every((isRight, index) => isRight(rest[index]))
}

function readPart(line: Buffer): ReadLine {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  if (first < 2 || second < first + 2) return { kind: 'malformed' }
  const number = (from: number, to: number): number => Number(line.toString('latin1', from, to))
  const [call, rows] = [number(1, first), number(first + 1, second)]
  if (!Number.isSafeInteger(call) || !Number.isSafeInteger(rows)) return { kind: 'malformed' }
  return { kind: 'part', part: { call, rows, json: line.subarray(second + 1) } }
}
