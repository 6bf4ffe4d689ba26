/** The uid of the Unix user `nobody`. */
export const unprivilegedUid = 65_534

/**
 * Runs a function as an unprivileged user. If the tests do not run as root, the user stays the
 * same.
 */
export async function asUnprivilegedUser<T>(run: () => T | Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run()
  process.seteuid?.(unprivilegedUid)
  try {
    return await run()
  } finally {
    process.seteuid?.(0)
  }
}
