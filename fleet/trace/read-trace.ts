import { readFile } from 'node:fs/promises'
import type { Trace } from './parse-trace.ts'
import { parseTrace } from './parse-trace.ts'
import { TraceError } from './trace-error.ts'

const expected = 'a CSV or GPX file'

/** Reads a recorded drive from a CSV or GPX file. Throws TraceError. */
export async function readTrace(path: string): Promise<Trace> {
  return parseTrace(await readText(path), path)
}

async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path)
  // UTF-16 and every compressed or binary format have zero bytes.
  if (!bytes.includes(0)) return bytes.toString('utf8')
  const problem = 'it is not UTF-8 text'
  throw new TraceError({ place: path, problem, expected: `${expected}, not compressed, in UTF-8` })
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const problem = `it cannot be read (${(cause as Error).message})`
    throw new TraceError({ place: path, problem, expected }, { cause })
  }
}
