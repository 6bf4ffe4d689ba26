import { convertCastiron, isCastiron } from './castiron/convert-castiron.ts'
import { parseFiles } from './files/parse-files.ts'
import { parseReadings } from './files/parse-readings.ts'
import { parseDeclarationIn } from './parse-declaration.ts'
import type { FileSource, PipelineDeclaration } from './task-declaration.ts'
import { isTaskDeclaration } from './task-declaration.ts'
import { parseTask } from './tasks/parse-task.ts'
import type { ReadSql } from './tasks/sql-rules.ts'
import type { Fault, TomlDocument } from './toml.ts'
import { byPosition, parseToml } from './toml.ts'

export type ParsedPipeline =
  | (ParsedStep & { readonly ok: true; readonly valueAt: TomlDocument['valueAt'] })
  | (ParsedStep & { readonly ok: false })

export type ParsedDeclaration = Extract<ParsedPipeline, { ok: true }>

type ParsedStep =
  | { readonly ok: true; readonly declaration: PipelineDeclaration }
  /** All faults of meaning, in the order of the file; of syntax only the first. */
  | { readonly ok: false; readonly faults: readonly Fault[] }

const stepKeys: readonly string[] = ['map', 'run', 'sql', 'shell']

/** Where a declaration is. */
export type DeclarationPlace = {
  /** The name of its file, e.g. `orders.toml`. */
  readonly fileName: string
  /** Its folder in the bucket; undefined: the top, or it is not in the bucket. Folders are relative to it. */
  readonly folder: string | undefined
}

const nowhere: DeclarationPlace = { fileName: 'castiron.toml', folder: undefined }

/**
 * Parses the declaration of a pipeline. Its step says of which kind it is.
 *
 * @param text the content of a TOML file
 * @param readSql finds the file that the step `sql` names
 */
export function parsePipeline(
  text: string,
  readSql: ReadSql,
  place: DeclarationPlace = nowhere,
): ParsedPipeline {
  const document = parseToml(text)
  if (!('value' in document)) return { ok: false, faults: [document] }
  if (!isCastiron(document)) return inFolder(parseDocument(document, readSql), place)
  const converted = convertCastiron(document, nameOfFile(place))
  if ('faults' in converted) return { ok: false, faults: converted.faults }
  const parsed = parseDocument(converted.document, readSql)
  if (!parsed.ok) return { ok: false, faults: parsed.faults.map(converted.toOriginal) }
  return inFolder(parsed, place)
}

/** `Example config.toml` becomes `example_config`. */
function nameOfFile({ fileName }: DeclarationPlace): string {
  const name = fileName.replace(/\.toml$/, '').toLowerCase()
  return name.replaceAll(/[^a-z0-9_-]/g, '_').slice(0, 63)
}

/** The folders of a declaration in the bucket are relative to its own folder. */
function inFolder(parsed: ParsedPipeline, { folder }: DeclarationPlace): ParsedPipeline {
  if (!parsed.ok || folder === undefined || !isTaskDeclaration(parsed.declaration)) return parsed
  const below = (path: string): string => `${folder}/${path}`
  const { source, to } = parsed.declaration
  const declaration = {
    ...parsed.declaration,
    ...(source.kind === 'files' && { source: foldersBelow(source, below) }),
    ...(to.kind === 'objects' && { to: { ...to, folder: below(to.folder) } }),
  }
  return { ...parsed, declaration }
}

function foldersBelow(source: FileSource, below: (path: string) => string): FileSource {
  const { inbox, processing, archive, error, canceled } = source
  return {
    ...source,
    ...{ inbox: below(inbox), archive: below(archive) },
    ...{ error: below(error), canceled: below(canceled) },
    ...(processing !== undefined && { processing: below(processing) }),
  }
}

function parseDocument(document: TomlDocument, readSql: ReadSql): ParsedPipeline {
  const steps = stepKeys
    .filter((key) => key in document.value)
    .map((key) => ({ ...document.keyAt([key]), key }))
    .sort((left, right) => left.line - right.line || left.column - right.column)
  const [first, ...others] = steps
  if (first === undefined) {
    const message = 'The pipeline has no step; declare one of: map, run, sql, shell.'
    return { ok: false, faults: [{ ...document.valueAt([]), message }] }
  }
  const ofStep = withoutKeys(
    document,
    others.map(({ key }) => key),
  )
  const parsed = first.key === 'map' ? parseMap(ofStep) : parseTask(ofStep, readSql)
  const repeated = others.map(({ key, line, column }) => ({
    ...{ line, column },
    message: `${key}: a pipeline has one step, and this one has "${first.key}" already; remove one of them.`,
  }))
  if (repeated.length === 0) return parsed.ok ? { ...parsed, valueAt: document.valueAt } : parsed
  return { ok: false, faults: [...repeated, ...(parsed.ok ? [] : parsed.faults)].sort(byPosition) }
}

/** A pipeline with the step `map` reads a topic or files. */
function parseMap(document: TomlDocument): ParsedStep {
  const { from, to } = document.value
  const hasFiles = typeof from === 'object' && from !== null && 'files' in from
  if (!hasFiles) return parseDeclarationIn(document)
  return to === 'readings' ? parseReadings(document) : parseFiles(document)
}

function withoutKeys(document: TomlDocument, keys: readonly string[]): TomlDocument {
  const entries = Object.entries(document.value).filter(([key]) => !keys.includes(key))
  return { ...document, value: Object.fromEntries(entries) }
}
