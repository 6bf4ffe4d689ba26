import type pg from 'pg'

/**
 * Checks that a statement has written all its rows: a trigger may leave out rows without an error.
 *
 * @throws Error, which counts as an outage
 */
export function requireRows(
  result: pg.QueryResult | undefined,
  expected: number,
  table: string,
): void {
  const rowCount = result?.rowCount
  if (rowCount === expected) return
  throw new Error(
    `The database wrote ${rowCount ?? 0} of ${expected} rows of the table ${table}. Check its triggers.`,
  )
}
