import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** Lines of `COPY` that are sent together. */
const linesPerChunk = 512

/** Sends lines to a `COPY ... FROM STDIN`. */
export async function copyLines(
  client: pg.PoolClient,
  statement: string,
  lines: readonly string[],
): Promise<void> {
  const chunks = function* () {
    for (let at = 0; at < lines.length; at += linesPerChunk) {
      yield lines.slice(at, at + linesPerChunk).join('')
    }
  }
  await pipeline(Readable.from(chunks(), { objectMode: true }), client.query(copyFrom(statement)))
}
