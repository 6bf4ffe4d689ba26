import { toPostgresFault } from '../driver/errors.ts'
import { describeRefusal } from '../tasks/settling/refusals.ts'

/** What is wrong with a step, as a sentence for users. */
export class StepRefusal extends Error {
  override readonly name = 'StepRefusal'
}

/**
 * Connection, transaction that another one disturbed, resources, operator, system, and internal errors.
 * A later attempt may succeed.
 */
const outageClasses: readonly string[] = ['08', '40', '53', '57', '58', 'XX']
/** A code of the database. Codes of the operating system, e.g. EPIPE, begin with E. */
const sqlState = /^[0-9FHPX][0-9A-Z]{4}$/

/** Why a step is refused; undefined: the error means an outage. */
export function toRefusal(error: unknown): string | undefined {
  if (error instanceof StepRefusal) return error.message
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string' || !sqlState.test(code)) return undefined
  const isOutage = outageClasses.includes(code.slice(0, 2)) || toPostgresFault(error) === 'locked'
  return isOutage ? undefined : describeRefusal(error)
}
