import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../platform/paths.ts'
import { filesByGroup, isBelow } from '../test/groups.ts'
import { runGroups } from '../test/run-groups.ts'

/** Need a Docker engine; `npm run test:docker` runs them. */
const dockerTests = ['docker']

/** `npm test`: all tests that need no Docker, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return runGroups(args.length > 0 ? [args] : filesByGroup(testFiles()), signal)
}

/** Test files from the clone on, without those that need Docker; sorted. */
export function testFiles(): string[] {
  return readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !isBelow(file, dockerTests))
    .map((file) => `tests/${file}`)
    .sort()
}
