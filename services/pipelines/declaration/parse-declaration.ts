import type { z } from 'zod'
import type { ConflictRule } from '../../ledger/table-schema.ts'
import { faultsOfRules } from './check-rules.ts'
import type { Declaration, ColumnSource, DeclaredColumn, UnknownFields } from './declaration.ts'
import type { DeclarationFile } from './declaration-schema.ts'
import { declarationSchema } from './declaration-schema.ts'
import type { Fault, TomlDocument, ValuePath } from './toml.ts'
import { parseToml } from './toml.ts'

export type ParsedDeclaration =
  | { readonly ok: true; readonly declaration: Declaration }
  /** All faults of meaning, in the order of the file; of syntax only the first. */
  | { readonly ok: false; readonly faults: readonly Fault[] }

/**
 * Parses the declaration of a pipeline.
 *
 * @param text the content of a TOML file
 */
export function parseDeclaration(text: string): ParsedDeclaration {
  const document = parseToml(text)
  if (!('value' in document)) return { ok: false, faults: [document] }
  const parsed = declarationSchema.safeParse(document.value)
  const faults = parsed.success
    ? faultsOfRules(parsed.data, document)
    : parsed.error.issues.flatMap((issue) => toFaults(issue, document))
  if (!parsed.success || faults.length > 0) return { ok: false, faults: faults.sort(byPosition) }
  return { ok: true, declaration: toDeclaration(parsed.data) }
}

const byPosition = (left: Fault, right: Fault): number =>
  left.line - right.line || left.column - right.column

function toFaults(issue: z.core.$ZodIssue, document: TomlDocument): Fault[] {
  const path = issue.path as ValuePath
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path).join(', ')
    return issue.keys.map((key) => ({
      ...document.keyAt([...path, key]),
      message: `${formatPath([...path, key])}: ${describeUnknown(path, key)}; expected one of: ${known}.`,
    }))
  }
  const given = valueAt(document.value, path)
  const parent = path.slice(0, -1)
  // `from.topic = "NAME"` is short for `from.topic.name = "NAME"`.
  if (given === undefined && typeof valueAt(document.value, parent) === 'string') {
    return toFaults({ ...issue, path: parent }, document)
  }
  const found = given === undefined ? 'it is missing' : `it is ${JSON.stringify(given)}`
  return [
    { ...document.valueAt(path), message: `${formatPath(path)}: ${issue.message}; ${found}.` },
  ]
}

/** Keys that will exist in a later version. */
const laterKeys = new Set([
  ...['from.files', 'from.schedule', 'run', 'sql', 'shell', 'concurrency', 'timeout', 'retry'],
  ...['errors', 'reads', 'to.tables', 'to.topic', 'to.objects'],
])

function describeUnknown(path: ValuePath, key: string): string {
  return laterKeys.has(formatPath([...path, key])) ? 'not available in this version' : 'unknown key'
}

/** `map.columns[2].type` */
function formatPath(path: ValuePath): string {
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
function knownKeys(path: ValuePath): string[] {
  let node: unknown = declarationSchema
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

function toDeclaration(file: DeclarationFile): Declaration {
  const { topic } = file.from
  const { table } = file.to
  const key = table.key ?? []
  const { batch } = file
  return {
    name: file.name,
    isEnabled: file.enabled,
    topic: {
      name: topic.name,
      start: topic.start,
      group: topic.group,
      groupBy: topic.group_by,
      partitions: topic.partitions,
    },
    batch: batch && { records: batch.records, withinMs: batch.within },
    commitEvery: file.commit_every,
    unknownFields: toUnknownFields(file.map.unknown),
    columns: file.map.columns.map((column) => toColumn(column, key)),
    table: { name: table.name, key, onConflict: toConflictRule(table.on_conflict) },
  }
}

function toColumn(
  column: DeclarationFile['map']['columns'][number],
  key: readonly string[],
): DeclaredColumn {
  const { name, type, from, max_length: maxLength } = column
  return {
    ...type,
    ...{ name, maxLength, default: column.default },
    source: toSource(from ?? `$.${name}`),
    required: column.required || (key.includes(name) && column.default === undefined),
    comment: column.comment ?? '',
  }
}

function toSource(from: string): ColumnSource {
  if (from === 'key' || from === 'headers' || from === 'time') return { kind: from }
  if (from.startsWith('$.')) return { kind: 'field', path: from.slice(2).split('.') }
  return { kind: 'header', name: from.slice('header:'.length) }
}

function toUnknownFields(text: string): UnknownFields {
  if (text === 'ignore' || text === 'reject') return { kind: text }
  return { kind: 'column', name: text.slice('column:'.length) }
}

function toConflictRule(text = 'keep'): ConflictRule {
  if (text === 'keep' || text === 'update') return { kind: text }
  return { kind: 'newest', column: text.slice('newest:'.length) }
}
