export const unprivilegedUid = 65_534

/** Runs as a user without rights of its own; as who runs the tests, where that is one. */
export async function asUnprivilegedUser<T>(run: () => T | Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run()
  process.seteuid?.(unprivilegedUid)
  try {
    return await run()
  } finally {
    process.seteuid?.(0)
  }
}
