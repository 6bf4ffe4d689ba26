import type { FromProcess } from '../protocol.ts'
import { doneMark, maxRowBytes, partMark } from '../protocol.ts'

export type ReceivedPart = { readonly call: number; readonly rows: number; readonly json: Buffer }

type ReadLine =
  | { readonly kind: 'message'; readonly message: FromProcess }
  /** A call is complete. */
  | { readonly kind: 'done'; readonly call: number; readonly durationMs: number }
  | { readonly kind: 'part'; readonly part: ReceivedPart }
  /** The process did not write it: a handler has written to the pipe. */
  | { readonly kind: 'malformed' }

/** A part has one row at least, and the numbers before it. */
export const maxLineBytes = 2 * maxRowBytes

const [partByte, doneByte] = [partMark.charCodeAt(0), doneMark.charCodeAt(0)]

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
  failed: [
    isNumber,
    (value) => isObject(value) && isText(value['code']) && isText(value['message']),
  ],
  withdrawn: [Array.isArray],
}

/** Reads a line that a handler process has written. */
export function readMessage(line: Buffer): ReadLine {
  if (line[0] === partByte) return readPart(line)
  if (line[0] === doneByte) return readDone(line)
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

function readDone(line: Buffer): ReadLine {
  const space = spaceFrom(line, 0)
  if (space < 2) return { kind: 'malformed' }
  const [call, microseconds] = [numberIn(line, 1, space), numberIn(line, space + 1, line.length)]
  if (!Number.isSafeInteger(call) || !Number.isSafeInteger(microseconds))
    return { kind: 'malformed' }
  return { kind: 'done', call, durationMs: microseconds / 1_000 }
}

function readPart(line: Buffer): ReadLine {
  const first = spaceFrom(line, 0)
  const second = spaceFrom(line, first + 1)
  if (first < 2 || second < first + 2) return { kind: 'malformed' }
  const [call, rows] = [numberIn(line, 1, first), numberIn(line, first + 1, second)]
  if (!Number.isSafeInteger(call) || !Number.isSafeInteger(rows)) return { kind: 'malformed' }
  return { kind: 'part', part: { call, rows, json: line.subarray(second + 1) } }
}

// Each task has two of these lines. For so few bytes the functions of Buffer are slower.

const [spaceByte, zeroByte] = [0x20, 0x30]
/** A number has fewer digits. */
const maxDigits = 17

/** Where the space after a number is; -1 if there is none. */
function spaceFrom(line: Buffer, from: number): number {
  const to = Math.min(line.length, from + maxDigits + 1)
  for (let at = from; at < to; at += 1) if (line[at] === spaceByte) return at
  return -1
}

/** NaN if it has other characters than digits. An empty text is 0. */
function numberIn(line: Buffer, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at += 1) {
    const digit = (line[at] ?? 0) - zeroByte
    if (digit < 0 || digit > 9) return NaN
    number = number * 10 + digit
  }
  return number
}
