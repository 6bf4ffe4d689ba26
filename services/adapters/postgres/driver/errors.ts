/**
 * What an error of Postgres means for a store, by its SQLSTATE (PostgreSQL documentation,
 * appendix A). Only the classes in `dataErrorClasses` are data errors. Every other error, with or
 * without an SQLSTATE, is an outage.
 */
export type PostgresFault =
  | 'key-taken'
  /** Caused by an index that is being built or replaced. A retry helps. */
  | 'index-unfinished'
  | 'partition-missing'
  | 'value-refused'
  | 'locked'
  | 'outage'

/**
 * Cardinality violation, data exception, integrity constraint violation, triggered data change
 * violation, WITH CHECK OPTION violation, program limit exceeded (e.g. a key that is too long for an
 * index), PL/pgSQL error (e.g. `RAISE` in a trigger). `when-data-error.sql` names the same classes.
 */
const dataErrorClasses: readonly string[] = ['21', '22', '23', '27', '44', '54', 'P0']
const raisedErrorClass = 'P0'

const uniqueViolation = '23505'
const checkViolation = '23514'
/** The function of Postgres that reports a row without a partition. */
const partitionSearch = 'ExecFindPartition'
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
  const { code, routine } = error as Record<string, unknown>
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return 'outage'
  if (isAboutUnfinishedIndex(error)) return 'index-unfinished'
  if (code === uniqueViolation) return 'key-taken'
  // A row without a partition fails with the SQLSTATE of a check constraint. So may a trigger.
  if (code === checkViolation && routine === partitionSearch) return 'partition-missing'
  if (code === lockNotAvailable) return 'locked'
  return dataErrorClasses.includes(code.slice(0, 2)) ? 'value-refused' : 'outage'
}

/** Whether an error with this SQLSTATE was raised by PL/pgSQL code, e.g. by a trigger. */
export function isRaisedByTrigger(sqlState: string | undefined): boolean {
  return sqlState?.startsWith(raisedErrorClass) === true
}

function isAboutUnfinishedIndex(error: unknown): boolean {
  const { code, constraint, message } = error as Record<string, unknown>
  if (message === indexReplacedMessage) return true
  return code === uniqueViolation && unfinishedIndexName.test(String(constraint))
}
