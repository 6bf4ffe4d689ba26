/**
 * What an error of Postgres means for a store, by its SQLSTATE (PostgreSQL documentation,
 * appendix A). Only classes 22 (data exception) and 23 (integrity constraint violation) are data
 * errors. Every other error, with or without an SQLSTATE, is an outage.
 */
export type PostgresFault =
  | 'key-taken'
  /** Caused by an index that is being built or replaced. A retry helps. */
  | 'index-unfinished'
  | 'partition-missing'
  | 'value-refused'
  | 'locked'
  | 'outage'

const uniqueViolation = '23505'
const checkViolation = '23514'
const lockNotAvailable = '55P03'
/**
 * `REINDEX CONCURRENTLY` gives these names to the index that it builds and to the one that it
 * replaces. `INSERT … ON CONFLICT` only checks the finished index, so the other one may refuse the
 * key.
 */
const unfinishedIndexName = /_cc(new|old)\d*$/
/**
 * The message of `INSERT … ON CONFLICT` at the moment in which the new index replaces the old one.
 */
const indexReplacedMessage = 'invalid arbiter index list'

export function toPostgresFault(error: unknown): PostgresFault {
  const { code, constraint } = error as Record<string, unknown>
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return 'outage'
  if (isAboutUnfinishedIndex(error)) return 'index-unfinished'
  if (code === uniqueViolation) return 'key-taken'
  // A row without a partition fails with the SQLSTATE of a check constraint, but without a
  // constraint name.
  if (code === checkViolation && constraint === undefined) return 'partition-missing'
  if (code === lockNotAvailable) return 'locked'
  return code.startsWith('22') || code.startsWith('23') ? 'value-refused' : 'outage'
}

function isAboutUnfinishedIndex(error: unknown): boolean {
  const { code, constraint, message } = error as Record<string, unknown>
  if (message === indexReplacedMessage) return true
  return code === uniqueViolation && unfinishedIndexName.test(String(constraint))
}
