import { runGroups } from '../test/run-groups.ts'

/** `npm run test:docker`: the tests that need a Docker engine, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return runGroups([args.length > 0 ? args : ['tests/docker/**/*.test.ts']], signal)
}
