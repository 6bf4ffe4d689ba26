import { readRegularFile } from '../../services/runtime/process/regular-file.ts'
import type { Trace } from './parse-trace.ts'
import { parseTrace } from './parse-trace.ts'
import { TraceError } from './trace-error.ts'

const expected = 'a CSV or GPX file'
/** A day at one reading a second has about 15 MiB in GPX. */
const maxFileBytes = 64 * 1024 * 1024

/** Reads a recorded drive from a CSV or GPX file. Throws TraceError. */
export function readTrace(path: string): Trace {
  return parseTrace(readText(path), path)
}

function readText(path: string): string {
  const bytes = readBytes(path)
  // UTF-16 and every compressed or binary format have zero bytes.
  if (!bytes.includes(0)) return bytes.toString('utf8')
  const problem = 'it is not UTF-8 text'
  throw new TraceError({ place: path, problem, expected: `${expected}, not compressed, in UTF-8` })
}

function readBytes(path: string): Buffer {
  try {
    return readRegularFile(path, maxFileBytes)
  } catch (cause) {
    const problem = `it cannot be read (${(cause as Error).message})`
    throw new TraceError({ place: path, problem, expected }, { cause })
  }
}
