/** Which test files run together. Paths are relative to `tests/`. */

/**
 * The main path: tests without servers, and tests of the way of a reading without faults.
 * `npm run test:fast` runs these groups.
 */
export const mainPath: readonly (readonly string[])[] = [
  ['unit', 'contract', 'integration/pipelines'],
  ['integration/main'],
]

/**
 * Folders and files that share one process and its servers. A file belongs to the group with the longest path
 * that matches it; '' matches all files. Groups start in this order. Long ones come first, because the group that
 * ends last determines the total time. In `.ci/run` the Docker tests run beside the first groups, so those with
 * a browser come later.
 */
export const groups: readonly (readonly string[])[] = [
  ['unit', 'contract', 'integration/pipelines'],
  ['e2e/verify.test.ts', 'e2e/dashboard.test.ts'],
  ['integration/brokers', 'integration/fleet'],
  ['e2e/start-and-stop.test.ts', 'e2e/monitoring.test.ts', 'integration/main'],
  ['integration/operation'],
  ['integration/dashboard'],
  ['e2e'],
  [''],
  ['integration/faults'],
  ['integration/external', 'e2e/external-kafka.test.ts', 'e2e/move-to-existing-servers.test.ts'],
]

/** The files that belong to each group. Groups without files are left out. */
export function filesByGroup(
  files: readonly string[],
  of: readonly (readonly string[])[] = groups,
): string[][] {
  const found = of.map((): string[] => [])
  for (const file of files) {
    const lengths = of.map((group) => matchedLength(file, group))
    const longest = Math.max(...lengths)
    if (longest < 0) throw new Error(`no test group contains ${file}`)
    found[lengths.indexOf(longest)]?.push(file)
  }
  return found.filter((group) => group.length > 0)
}

/** The length of the longest path of a group that matches the file; -1 if none does. */
function matchedLength(file: string, group: readonly string[]): number {
  const matching = group.filter((path) => isInGroup(file, [path]))
  return Math.max(-1, ...matching.map((path) => path.length))
}

/** Whether a test file is in a group. */
export function isInGroup(file: string, group: readonly string[]): boolean {
  return isBelow(file.replace(/^tests\//, ''), group)
}

/** Whether a file is one of the paths or below one of them; '' matches all files. */
export function isBelow(file: string, paths: readonly string[]): boolean {
  return paths.some((path) => path === '' || file === path || file.startsWith(`${path}/`))
}
