/** Which test files run together. Places are relative to `tests/`. */

/**
 * The main path: what needs no server, and what a reading goes through while nothing fails.
 * `npm run test:fast` runs these groups.
 */
export const mainPath: readonly (readonly string[])[] = [
  ['unit', 'contract', 'integration/pipelines'],
  ['integration/main'],
]

/**
 * Folders and files that share one process and its servers. A file belongs to the first group that
 * names it; the last group takes all others. Long groups stand first, because the last one that
 * ends decides how long all take.
 */
export const groups: readonly (readonly string[])[] = [
  ...mainPath,
  ['integration/faults'],
  ['e2e/start-and-stop.test.ts', 'e2e/monitoring.test.ts'],
  ['e2e/verify.test.ts', 'e2e/dashboard.test.ts'],
  ['integration/brokers', 'integration/fleet'],
  ['e2e'],
  [''],
]

/** The files that belong to each group. Groups without files are left out. */
export function filesByGroup(
  files: readonly string[],
  of: readonly (readonly string[])[] = groups,
): string[][] {
  const found = of.map((): string[] => [])
  for (const file of files) {
    const index = of.findIndex((group) => isInGroup(file, group))
    if (index < 0) throw new Error(`no group of tests has ${file}`)
    found[index]?.push(file)
  }
  return found.filter((group) => group.length > 0)
}

/** Whether a test file is in a group of places below `tests`. */
export function isInGroup(file: string, group: readonly string[]): boolean {
  return isBelow(file.replace(/^tests\//, ''), group)
}

/** Whether a file is one of the places, or in a folder of theirs; '' is the folder of all. */
export function isBelow(file: string, places: readonly string[]): boolean {
  return places.some((place) => place === '' || file === place || file.startsWith(`${place}/`))
}
