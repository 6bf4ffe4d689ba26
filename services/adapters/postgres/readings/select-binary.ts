import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'

/** A parameter of a statement. */
export type QueryValue = string | number | readonly string[]

/** The values of a row in binary format; null for SQL null. */
export type BinaryRow = readonly (Buffer | null)[]

/** Signature, flags and extension length (PostgreSQL documentation, COPY, Binary Format). */
export const copyHeaderBytes = 11 + 4 + 4
const endOfRows = -1
const nullLength = -1

/**
 * Reads the rows of a SELECT with `COPY` in binary format. Large values arrive as raw bytes; the
 * text format of the driver needs twice as many characters.
 */
export async function selectBinary(
  client: pg.PoolClient,
  select: string,
  values: readonly QueryValue[],
): Promise<BinaryRow[]> {
  const statement = `COPY (${withLiterals(client, select, values)}) TO STDOUT (FORMAT binary)`
  const stream = client.query(copyTo(statement))
  try {
    return decodeRows(Buffer.concat((await stream.toArray()) as Buffer[]))
  } finally {
    clearQueryTimeout(stream)
  }
}

/** `pg` clears the query timeout in the query's callback, which a COPY stream never calls. */
export function clearQueryTimeout(query: object): void {
  const { callback } = query as { callback?: () => void }
  callback?.()
}

/** `COPY` accepts no parameters, so they become literals in the statement. */
export function withLiterals(
  client: pg.ClientBase,
  select: string,
  values: readonly QueryValue[],
): string {
  const literals = values.map((value) =>
    typeof value === 'object'
      ? `ARRAY[${value.map((each) => client.escapeLiteral(each)).join(', ')}]::text[]`
      : client.escapeLiteral(String(value)),
  )
  const withoutComments = select.replaceAll(/^--.*$/gm, '')
  return withoutComments.replaceAll(/\$(\d+)/g, (_, digits: string) => {
    const literal = literals[Number(digits) - 1]
    if (literal === undefined) throw new Error(`The statement has no value for $${digits}.`)
    return literal
  })
}

function decodeRows(bytes: Buffer): BinaryRow[] {
  const rows: BinaryRow[] = []
  let position = copyHeaderBytes
  for (
    let count = bytes.readInt16BE(position);
    count !== endOfRows;
    count = bytes.readInt16BE(position)
  ) {
    position += 2
    const row: (Buffer | null)[] = []
    for (let index = 0; index < count; index += 1) {
      const length = bytes.readInt32BE(position)
      position += 4
      row.push(length === nullLength ? null : bytes.subarray(position, position + length))
      position += Math.max(0, length)
    }
    rows.push(row)
  }
  return rows
}
