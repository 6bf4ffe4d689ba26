import type { z } from 'zod'
import { readRegularFile } from '../../services/runtime/process/regular-file.ts'
import type { ConfigFault } from './cross-checks.ts'
import type { PlatformConfig } from './config-schema.ts'
import { configSchema } from './config-schema.ts'
import { crossChecks } from './cross-checks.ts'

export type { PlatformConfig } from './config-schema.ts'

/** A configuration that cannot be used, with all its faults. */
export class ConfigError extends Error {
  readonly code = 'INVALID_CONFIG'
  readonly faults: readonly ConfigFault[]
  constructor(origin: string, faults: readonly ConfigFault[]) {
    const lines = faults.map((fault) => `  ${fault.path}: ${fault.problem}`)
    super(`The configuration (${origin}) cannot be used:\n${lines.join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

type Tree = { [key: string]: unknown }

/** The default configuration has 4 KiB. */
const maxFileBytes = 1024 * 1024

/**
 * Loads a configuration file and applies settings to it.
 *
 * @param file path of a JSON file; missing keys get their defaults
 * @param settings in the form of `--set`, e.g. `kafka.partitions=12`
 * @throws ConfigError with all faults
 */
export function loadConfig(file: string, settings: readonly string[] = []): PlatformConfig {
  let text: string
  try {
    text = readRegularFile(file, maxFileBytes).toString('utf8')
  } catch (error) {
    const problem = `cannot be read (${(error as Error).message}); expected a JSON file`
    throw new ConfigError(file, [{ path: file, problem }])
  }
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch (error) {
    const problem = `is not JSON: ${(error as Error).message}`
    throw new ConfigError(file, [{ path: file, problem }])
  }
  return toConfig(tree, settings, [file, ...settings].join(', '))
}

/** Makes a configuration from a decoded JSON value. `origin` is named in errors. */
export function toConfig(
  tree: unknown,
  settings: readonly string[] = [],
  origin = 'config',
): PlatformConfig {
  requireFewLevels(tree, origin)
  const merged = isTree(tree) ? structuredClone(tree) : tree
  const faults = isTree(merged) ? settings.flatMap((setting) => applySetting(merged, setting)) : []
  const parsed = configSchema.safeParse(merged, { reportInput: true })
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(toFaults))
  const config = parsed.success ? parsed.data : withoutFaults(merged, parsed.error.issues)
  if (config) faults.push(...crossChecks(config))
  if (faults.length > 0 || !parsed.success) throw new ConfigError(origin, faults)
  const { $schema: _, ...platform } = parsed.data
  return deepFreeze(platform)
}

/** Writes `a.b=value` into the tree. The value is parsed as JSON if possible, else taken as text. */
function applySetting(tree: Tree, setting: string): ConfigFault[] {
  const match = /^([A-Za-z]+(?:\.[A-Za-z]+)*)=(.*)$/s.exec(setting)
  if (!match) return [{ path: setting, problem: 'expected --set path.to.key=value' }]
  const [path, text] = [match[1] ?? '', match[2] ?? '']
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let branch = tree
  for (const key of keys) {
    if (!Object.hasOwn(branch, key)) branch[key] = {}
    const next = branch[key]
    if (!isTree(next)) return [{ path, problem: `${key} is not a section` }]
    branch = next
  }
  const value = parseValue(text)
  if (isNestedDeeper(value, maxDepth)) return [nestedTooDeeply(path)]
  branch[last] = value
  return []
}

/** Levels of objects and arrays in a configuration. The schema has four. */
const maxDepth = 16

function requireFewLevels(tree: unknown, origin: string): void {
  if (isNestedDeeper(tree, maxDepth)) throw new ConfigError(origin, [nestedTooDeeply('the file')])
}

function nestedTooDeeply(path: string): ConfigFault {
  return { path, problem: `is nested more than ${maxDepth} levels deep` }
}

/** Level by level, because a recursive function would use up the call stack. */
function isNestedDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= levels && level.length > 0; depth += 1) {
    level = level.flatMap((each): unknown[] =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    )
  }
  return level.length > 0
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function toFaults(issue: z.core.$ZodIssue): ConfigFault[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path).join(', ')
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      problem: `unknown key; expected one of: ${known}`,
    }))
  }
  return [{ path: path === '' ? 'the file' : path, problem: describeIssue(issue) }]
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const given = issue.input === undefined ? '' : ` (got ${JSON.stringify(issue.input)})`
  return `${issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '')}${given}`
}

/** The keys that the schema has at a path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let node: unknown = configSchema
  for (const key of path) node = shapeOf(node)[key as string]
  return Object.keys(shapeOf(node)).filter((key) => key !== '$schema')
}

function shapeOf(node: unknown): Record<string, unknown> {
  const schema = node as { shape?: Record<string, unknown>; unwrap?: () => unknown }
  return schema.shape ?? (schema.unwrap ? shapeOf(schema.unwrap()) : {})
}

/** The configuration with each faulty key set to its default, so that the other keys can be checked too. */
function withoutFaults(
  tree: unknown,
  issues: readonly z.core.$ZodIssue[],
): PlatformConfig | undefined {
  if (!isTree(tree)) return undefined
  const rest = structuredClone(tree)
  for (const issue of issues) {
    const gone = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.at(-1)]
    const parent = issue.code === 'unrecognized_keys' ? issue.path : issue.path.slice(0, -1)
    let branch: unknown = rest
    for (const key of parent) branch = isTree(branch) ? branch[String(key)] : undefined
    if (isTree(branch)) for (const key of gone) Reflect.deleteProperty(branch, String(key))
  }
  return configSchema.safeParse(rest).data
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}
