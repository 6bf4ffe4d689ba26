/**
 * The start time of the process that runs with this pid now, as a text; undefined if none runs. On
 * Linux `TICKS BOOT_ID`.
 */
export function startOf(pid: number): string | undefined

/**
 * Whether the process with this pid and start time still runs. Also accepts texts of previous
 * versions.
 */
export function isRunningSince(pid: number, start: string): boolean
