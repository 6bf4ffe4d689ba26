import type { ConflictRule } from '../../ledger/table-schema.ts'
import { faultsOfRules } from './check-rules.ts'
import type { Declaration, ColumnSource, DeclaredColumn, UnknownFields } from './declaration.ts'
import type { DeclarationFile } from './declaration-schema.ts'
import { declarationSchema } from './declaration-schema.ts'
import { faultsOfSchema } from './schema-faults.ts'
import type { Fault, TomlDocument } from './toml.ts'
import { byPosition, parseToml } from './toml.ts'

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
  return parseDeclarationIn(document)
}

/** The declaration of a TOML file with the step `map`. */
export function parseDeclarationIn(document: TomlDocument): ParsedDeclaration {
  const parsed = declarationSchema.safeParse(document.value)
  const faults = parsed.success
    ? faultsOfRules(parsed.data, document)
    : faultsOfSchema(parsed.error, { document, schema: declarationSchema })
  if (!parsed.success || faults.length > 0) return { ok: false, faults: faults.sort(byPosition) }
  return { ok: true, declaration: toDeclaration(parsed.data) }
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

export function toConflictRule(text = 'keep'): ConflictRule {
  if (text === 'keep' || text === 'update') return { kind: text }
  return { kind: 'newest', column: text.slice('newest:'.length) }
}
