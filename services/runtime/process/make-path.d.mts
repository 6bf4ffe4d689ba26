/**
 * Creates a folder and the missing folders above it. `mkdirSync` with `recursive` never returns where
 * the system answers ENOENT, e.g. below /proc, and no signal ends it.
 *
 * @param mode the permissions, before the umask
 * @returns the folders that this call has created, the uppermost first. If it fails, it removes them
 */
export function makePath(path: string, mode?: number): string[]
