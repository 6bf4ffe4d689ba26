import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../platform/paths.ts'
import { filesByGroup, isBelow } from '../test/groups.ts'
import { runGroups } from '../test/run-groups.ts'

/** `npm run test:docker` and `npm run test:kubernetes` run them. */
const otherTests = ['docker', 'kubernetes']

/** `npm test`: all tests that need no Docker and no cluster, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return runGroups(args.length > 0 ? [args] : filesByGroup(testFiles()), signal)
}

/** Test files from the clone on, without those that need Docker or a cluster; sorted. */
export function testFiles(): string[] {
  return readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !isBelow(file, otherTests))
    .map((file) => `tests/${file}`)
    .sort()
}
