/**
 * An error that another attempt cannot correct, e.g. a wrong parameter. If a handler throws it, its task fails at
 * once. After every other error the task is tried again, up to `retry.attempts` times.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError'
}
