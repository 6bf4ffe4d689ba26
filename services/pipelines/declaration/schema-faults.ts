import type { z } from 'zod'
import type { Fault, TomlDocument, ValuePath } from './toml.ts'

/** What was checked, and by which schema. */
type Checked = { readonly document: TomlDocument; readonly schema: unknown }

/** The faults of keys and values, with their places in the file. */
export function faultsOfSchema(error: z.ZodError, checked: Checked): Fault[] {
  return error.issues.flatMap((issue) => toFaults(issue, checked))
}

function toFaults(issue: z.core.$ZodIssue, checked: Checked): Fault[] {
  const { document, schema } = checked
  const path = issue.path as ValuePath
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path).join(', ')
    return issue.keys.map((key) => ({
      ...document.keyAt([...path, key]),
      message: `${formatPath([...path, key])}: ${describeUnknown(path, key)}; expected one of: ${known}.`,
    }))
  }
  const given = valueAt(document.value, path)
  const parent = path.slice(0, -1)
  // `from.topic = "NAME"` is short for `from.topic.name = "NAME"`.
  if (given === undefined && typeof valueAt(document.value, parent) === 'string') {
    return toFaults({ ...issue, path: parent }, checked)
  }
  const found = given === undefined ? 'it is missing' : `it is ${JSON.stringify(given)}`
  return [
    { ...document.valueAt(path), message: `${formatPath(path)}: ${issue.message}; ${found}.` },
  ]
}

const keysOfTasks = new Set([
  ...[
    'run',
    'sql',
    'shell',
    'from.schedule',
    'from.api',
    'to.tables',
    'to.topic',
    'to.objects',
    'errors',
    'reads',
  ],
])
const keysOfTasksAndFiles = new Set(['concurrency', 'timeout', 'retry', 'progress'])
const keysOfMap = new Set(['map', 'from.topic.group_by', 'from.topic.partitions'])
const keysOfTopics = new Set(['batch', 'commit_every'])
const keysOfFiles = new Set([
  ...['map.header', 'map.delimiter', 'map.quote', 'map.on_bad_line', 'map.reject_limit'],
])

function describeUnknown(path: ValuePath, key: string): string {
  const name = formatPath([...path, key])
  if (name === 'from.topic') return 'the pipeline has from.files already; remove one of them'
  if (keysOfTasks.has(name)) return 'only for a pipeline with the step "run", "sql" or "shell"'
  if (keysOfTasksAndFiles.has(name))
    return 'only for a pipeline with the step "run", "sql" or "shell", or with from.files'
  if (keysOfTopics.has(name)) return 'only for a pipeline with the step "map" that has from.topic'
  if (keysOfFiles.has(name)) return 'only for a pipeline with from.files'
  return keysOfMap.has(name) ? 'only for a pipeline with the step "map"' : 'unknown key'
}

/** `map.columns[2].type` */
export function formatPath(path: ValuePath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join('')
}

function valueAt(value: unknown, path: ValuePath): unknown {
  let part = value
  for (const key of path) {
    if (typeof part !== 'object' || part === null) return undefined
    part = (part as Record<string | number, unknown>)[key]
  }
  return part
}

/** The keys that the schema has at a path. */
function knownKeys(root: unknown, path: ValuePath): string[] {
  let node = root
  for (const key of path) {
    const schema = unwrapped(node)
    node = typeof key === 'number' ? schema.element : schema.shape?.[key]
  }
  return Object.keys(unwrapped(node).shape ?? {})
}

type SchemaNode = { readonly shape?: Record<string, unknown>; readonly element?: unknown }

/** The schema without `optional`, `default` and `preprocess`. */
function unwrapped(node: unknown): SchemaNode {
  const schema = node as SchemaNode & { unwrap?: () => unknown; out?: unknown }
  if (schema.shape !== undefined || schema.element !== undefined) return schema
  if (schema.out !== undefined) return unwrapped(schema.out)
  return schema.unwrap ? unwrapped(schema.unwrap()) : {}
}
