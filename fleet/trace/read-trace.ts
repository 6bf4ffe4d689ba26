import { readFile } from 'node:fs/promises'
import type { Fix } from './fix.ts'
import { parseTrace } from './parse-trace.ts'
import { TraceError } from './trace-error.ts'

/** Reads a recorded drive from a CSV or GPX file. Throws TraceError. */
export async function readTrace(path: string): Promise<Fix[]> {
  return parseTrace(await readText(path), path)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const problem = `it cannot be read (${(cause as Error).message})`
    throw new TraceError({ place: path, problem, expected: 'a CSV or GPX file' }, { cause })
  }
}
