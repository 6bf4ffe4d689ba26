/**
 * When the process began that runs under a number now, as a text; undefined where there is none. On
 * Linux `TICKS BOOT_ID`.
 */
export function startOf(pid: number): string | undefined

/** Whether the process that began then runs now. Also knows the texts of previous versions. */
export function isRunningSince(pid: number, start: string): boolean
