import type { PlatformConfig } from './config.ts'
import { toConfig } from './config.ts'

type Tree = Readonly<Record<string, unknown>>

/** What earlier versions do, which have no key for it. All others have the effect of the default. */
const before: Tree = { devices: { unknown: 'accept' } }

/**
 * The configuration with which a running platform was started. An earlier version has not recorded the keys that it
 * does not know.
 */
export function completeConfig(recorded: unknown): PlatformConfig {
  return over(over(toConfig({}), before), recorded) as PlatformConfig
}

function over(base: unknown, values: unknown): unknown {
  if (values === undefined) return base
  if (!isTree(base) || !isTree(values)) return values
  const keys = new Set([...Object.keys(base), ...Object.keys(values)])
  return Object.fromEntries([...keys].map((key) => [key, over(base[key], values[key])]))
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
