/**
 * Takes a lock for this process. The lock ends when the process releases it or ends, also after a
 * crash.
 *
 * @returns the pid of the running process that holds the lock; undefined if this call took it
 */
export function takeLock(path: string): number | undefined

export function releaseLock(path: string): void
