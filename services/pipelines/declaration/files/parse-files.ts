import type { DeclaredColumn } from '../declaration.ts'
import { toConflictRule } from '../parse-declaration.ts'
import { faultsOfSchema } from '../schema-faults.ts'
import type { FileDeclaration, FileFormat, FileSource } from '../task-declaration.ts'
import type { Fault, TomlDocument } from '../toml.ts'
import { byPosition } from '../toml.ts'
import { faultsOfFileRules } from './file-rules.ts'
import type { FilesFile } from './file-schema.ts'
import { fileSchema } from './file-schema.ts'
import { isObjectFormat } from '../../files/formats/formats.ts'

type ParsedFiles =
  | { readonly ok: true; readonly declaration: FileDeclaration }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** The declaration of a TOML file with `from.files` and the step `map`. */
export function parseFiles(document: TomlDocument): ParsedFiles {
  const parsed = fileSchema.safeParse(document.value)
  if (!parsed.success) {
    const faults = faultsOfSchema(parsed.error, { document, schema: fileSchema })
    return { ok: false, faults: faults.sort(byPosition) }
  }
  const faults = faultsOfFileRules(parsed.data).map(({ path, message }) => ({
    ...document.valueAt(path),
    message,
  }))
  if (faults.length > 0) return { ok: false, faults: faults.sort(byPosition) }
  return { ok: true, declaration: toFileDeclaration(parsed.data) }
}

const defaultLongestMs = 60_000
const defaultRejectLimit = 10_000

function toFileDeclaration(file: FilesFile): FileDeclaration {
  const { name, enabled, concurrency, timeout: timeoutMs, retry, progress, from, map, to } = file
  const { attempts, first, longest } = retry
  const { key = [], on_conflict: rule } = to.table
  return {
    ...{ kind: 'task', name, isEnabled: enabled, concurrency, timeoutMs, errors: undefined },
    ...(progress !== undefined && { progress }),
    source: toFileSource(from.files),
    step: {
      kind: 'map',
      format: toFormat(map),
      ...(map.encoding === undefined ? {} : { encoding: map.encoding }),
      columns: map.columns.map((column) => toColumn(column, map.format, key)),
      unknownFields: { kind: map.unknown === 'reject' ? 'reject' : 'ignore' },
      onBadLine: map.on_bad_line === 'fail' ? 'fail' : 'reject',
      rejectLimit: map.on_bad_line === 'fail' ? 0 : (map.reject_limit ?? defaultRejectLimit),
    },
    retry: { attempts, firstMs: first, longestMs: longest ?? Math.max(first, defaultLongestMs) },
    to: { kind: 'table', table: { name: to.table.name, key, onConflict: toConflictRule(rule) } },
  }
}

export function toFileSource(files: FilesFile['from']['files']): FileSource {
  const { inbox, processing, archive, error, canceled, match = [], mimetypes } = files
  return {
    ...{ kind: 'files', inbox, archive, error, canceled, match },
    ...(mimetypes !== undefined && { mimetypes }),
    ...(processing !== undefined && { processing }),
    ...(!files.error_log && { hasNoErrorLog: true }),
    onRepeat: files.on_repeat === 'load' ? 'load' : 'skip',
  }
}

function toFormat({
  format,
  header = true,
  delimiter = ',',
  quote = '"',
}: FilesFile['map']): FileFormat {
  switch (format) {
    case 'tsv':
      return { kind: 'delimited', hasHeader: header, delimiter: '\t', quote: undefined }
    case 'csv':
      return {
        ...{ kind: 'delimited', hasHeader: header, delimiter },
        quote: quote === '' ? undefined : quote,
      }
    default:
      return { kind: format }
  }
}

function toColumn(
  column: FilesFile['map']['columns'][number],
  format: FilesFile['map']['format'],
  key: readonly string[],
): DeclaredColumn {
  const { name, type, from, max_length: maxLength } = column
  const path =
    isObjectFormat(format) && from !== undefined ? from.slice(2).split('.') : [from ?? name]
  return {
    ...type,
    ...{ name, maxLength, default: column.default },
    source: { kind: 'field', path },
    required: column.required || (key.includes(name) && column.default === undefined),
    comment: column.comment ?? '',
  }
}
