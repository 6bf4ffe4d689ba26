import type { ConfigFault } from '../../../infra/config/cross-checks.ts'
import { ConfigError, toConfig } from '../../../infra/config/config.ts'

/** All errors of a configuration as `path: problem`; empty when it is valid. */
export function faultsOf(tree: unknown, settings: readonly string[] = []): string[] {
  return toLines(() => toConfig(tree, settings))
}

function toLines(load: () => unknown): string[] {
  try {
    load()
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ path, problem }: ConfigFault) => `${path}: ${problem}`)
  }
}
