import { filesByGroup, isInGroup, mainPath } from '../test/groups.ts'
import { runGroups } from '../test/run-groups.ts'
import { testFiles } from './test.ts'

/** `npm run test:fast`: the tests of the main path. */
export function run(_args: readonly string[], signal: AbortSignal): Promise<number> {
  const files = testFiles().filter((file) => isInGroup(file, mainPath.flat()))
  return runGroups(filesByGroup(files, mainPath), signal)
}
