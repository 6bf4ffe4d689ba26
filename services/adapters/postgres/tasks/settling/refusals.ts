import { toPostgresFault } from '../../driver/errors.ts'

/** Syntax and rights, features that a table does not have, and states of objects. */
const objectClasses: readonly string[] = ['42', '0A', '55']

/** Whether the database has refused the rows of a task: it would refuse them again. */
export function isRefusal(error: unknown): boolean {
  const outcome = toPostgresFault(error)
  if (outcome === 'value-refused' || outcome === 'key-taken' || outcome === 'partition-missing')
    return true
  return outcome === 'outage' && isAboutObjects(error)
}

/** Whether it was about a table or column, which a user may have changed. */
export function isAboutObjects(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && code.length === 5 && objectClasses.includes(code.slice(0, 2))
}

/** The reason as a sentence. */
export function describeRefusal(error: unknown): string {
  const { message, detail } = error as Error & { detail?: string }
  return detail === undefined ? `${message}.` : `${message}. ${detail}`
}
