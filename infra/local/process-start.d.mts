/** When the process began that runs under a number now, as a text; undefined where there is none. */
export function startOf(pid: number): string | undefined
