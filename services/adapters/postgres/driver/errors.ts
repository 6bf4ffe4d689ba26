/**
 * What an error of Postgres means here, by its SQLSTATE (PostgreSQL documentation, appendix A).
 * Only classes 22 (data exception) and 23 (integrity constraint violation) speak of the data;
 * everything else, with or without an SQLSTATE, is an outage.
 */
export type PostgresFault =
  | 'key-taken'
  /** An index that is being built or replaced is to blame; to try again helps. */
  | 'index-unfinished'
  | 'partition-missing'
  | 'value-refused'
  | 'locked'
  | 'outage'

const uniqueViolation = '23505'
const checkViolation = '23514'
const lockNotAvailable = '55P03'
/**
 * How `REINDEX CONCURRENTLY` names the index that it builds, and the one that it replaces. `INSERT
 * … ON
 * CONFLICT` looks for a key in the finished index alone, and may meet it in the other.
 */
const unfinishedIndexName = /_cc(new|old)\d*$/
/** What `INSERT … ON CONFLICT` says at the moment in which the one takes the other's place. */
const indexReplacedMessage = 'invalid arbiter index list'

export function toPostgresFault(error: unknown): PostgresFault {
  const { code, constraint } = error as Record<string, unknown>
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return 'outage'
  if (isAboutUnfinishedIndex(error)) return 'index-unfinished'
  if (code === uniqueViolation) return 'key-taken'
  // A row without a partition fails with the SQLSTATE of a check, but names no constraint.
  if (code === checkViolation && constraint === undefined) return 'partition-missing'
  if (code === lockNotAvailable) return 'locked'
  return code.startsWith('22') || code.startsWith('23') ? 'value-refused' : 'outage'
}

function isAboutUnfinishedIndex(error: unknown): boolean {
  const { code, constraint, message } = error as Record<string, unknown>
  if (message === indexReplacedMessage) return true
  return code === uniqueViolation && unfinishedIndexName.test(String(constraint))
}
