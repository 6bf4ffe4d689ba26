/**
 * Takes a lock for this process, until it releases it or ends, however it ends.
 *
 * @returns the number of the process that has it, where one has it that runs; undefined when it is ours
 */
export function takeLock(path: string): number | undefined

export function releaseLock(path: string): void
