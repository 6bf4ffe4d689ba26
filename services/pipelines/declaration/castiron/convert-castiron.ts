import { faultsOfSchema, formatPath } from '../schema-faults.ts'
import type { RuleFault } from '../shared-rules.ts'
import type { Fault, TomlDocument, ValuePath } from '../toml.ts'
import { byPosition } from '../toml.ts'
import type { CastironTable } from './castiron-schema.ts'
import { castironSchema } from './castiron-schema.ts'

/** A declaration in the form `[castiron.etl]`, as one in our form. */
export type Converted = {
  /** Positions are those of the original file. */
  readonly document: TomlDocument
  /** Names the original key in a fault. */
  readonly toOriginal: (fault: Fault) => Fault
}

const etl = ['castiron', 'etl'] as const

/** The topic for events of tasks. Cast Iron reads its name from the environment; this is the default. */
const castironTopic = 'pizza-tracker'

/** Our paths, and the keys of `[castiron.etl]` from which they come. Longer paths come first. */
const origins: readonly (readonly [ours: ValuePath, theirs: ValuePath])[] = [
  [
    ['from', 'files', 'inbox'],
    [...etl, 'inbox_dir'],
  ],
  [
    ['from', 'files', 'processing'],
    [...etl, 'processing_dir'],
  ],
  [
    ['from', 'files', 'archive'],
    [...etl, 'archive_dir'],
  ],
  [
    ['from', 'files', 'error_log'],
    [...etl, 'save_error_log'],
  ],
  [
    ['from', 'files', 'error'],
    [...etl, 'error_dir'],
  ],
  [
    ['from', 'files', 'canceled'],
    [...etl, 'canceled_dir'],
  ],
  [
    ['from', 'files', 'match'],
    [...etl, 'handled_file_glob'],
  ],
  [
    ['from', 'files', 'mimetypes'],
    [...etl, 'handled_mimetypes'],
  ],
  [['from', 'files'], etl],
  [
    ['run', 'handler'],
    [...etl, 'python', 'worker_run_method'],
  ],
  [
    ['run', 'params'],
    [...etl, 'python', 'static_kwargs'],
  ],
  [['run'], [...etl, 'python']],
  [['progress'], [...etl, 'python', 'supports_pizza_tracker']],
  [['shell'], [...etl, 'shell']],
  [['enabled'], [...etl, 'enabled']],
]

export const isCastiron = ({ value }: TomlDocument): boolean => 'castiron' in value

/**
 * Converts a declaration in the form `[castiron.etl]`. Beside this table the file may have our keys `name`, `map`,
 * `to`, `concurrency`, `timeout`, `retry`, `errors` and `progress`.
 *
 * @param defaultName the name of the pipeline if the file has no key `name`
 */
export function convertCastiron(
  document: TomlDocument,
  defaultName: string,
): Converted | { readonly faults: readonly Fault[] } {
  const { castiron, ...own } = document.value
  const original = { ...document, value: { castiron } }
  const parsed = castironSchema.safeParse(original.value)
  if (!parsed.success) {
    const schema = { document: original, schema: castironSchema }
    return { faults: faultsOfSchema(parsed.error, schema).sort(byPosition) }
  }
  const table = parsed.data.castiron.etl
  const faults = [...faultsOfOwn(own), ...faultsOfTable(table, 'map' in own)]
  if (faults.length > 0) {
    const placed = faults.map(({ path, message }) => ({ ...document.valueAt(path), message }))
    return { faults: placed.sort(byPosition) }
  }
  const at = (find: TomlDocument['valueAt']) => (path: ValuePath) => find(toTheirs(path))
  return {
    document: {
      value: { name: defaultName, ...toOurs(table), ...own },
      valueAt: at(document.valueAt),
      keyAt: at(document.keyAt),
    },
    toOriginal: (fault) => ({ ...fault, message: renamed(fault.message) }),
  }
}

/** Keys that `[castiron.etl]` has, too. */
function faultsOfOwn(own: Readonly<Record<string, unknown>>): RuleFault[] {
  return ['enabled', 'from', 'run', 'sql', 'shell']
    .filter((key) => key in own)
    .map((key) => ({
      path: [key],
      message: `${key}: a file with [castiron.etl] cannot have this key; remove it, or declare the pipeline without [castiron.etl].`,
    }))
}

function faultsOfTable(table: CastironTable, hasMap: boolean): RuleFault[] {
  const { shell = '', python, handled_file_glob: glob, handled_mimetypes: mimetypes } = table
  const steps = [shell.trim() !== '', python !== undefined, hasMap].filter(Boolean).length
  const message =
    steps === 0
      ? 'castiron.etl: nothing says what is done with the files; declare "shell", "python", or the tables [map] and [to.table].'
      : 'castiron.etl: declare only one of "shell", "python" and [map].'
  const ofSteps = steps === 1 ? [] : [{ path: etl, message }]
  if (glob === '' && mimetypes === '') {
    const ofMatch =
      'castiron.etl: nothing says which files are handled; declare "handled_file_glob" or "handled_mimetypes".'
    return [...ofSteps, { path: etl, message: ofMatch }]
  }
  return [...ofSteps, ...faultsOfGlob(glob)]
}

function faultsOfGlob(glob: string): RuleFault[] {
  const parts = glob === '' ? [] : glob.split('|')
  const wrong = parts.find((part) => part === '' || part.trim() !== part)
  if (wrong === undefined) return []
  const message = `castiron.etl.handled_file_glob: ${JSON.stringify(glob)} has ${wrong.trim() === '' ? 'an empty part' : `the part ${JSON.stringify(wrong)} with a space at its beginning or end`}; separate the ends of file names only by "|", e.g. "_test.tsv|_updated.csv".`
  return [{ path: [...etl, 'handled_file_glob'], message }]
}

function toOurs(table: CastironTable): Record<string, unknown> {
  const { enabled, shell = '', python, handled_file_glob: glob } = table
  const files = {
    inbox: table.inbox_dir,
    processing: emptyToUndefined(table.processing_dir),
    archive: emptyToUndefined(table.archive_dir),
    error: table.error_dir,
    canceled: table.canceled_dir,
    error_log: table.save_error_log,
    match: glob === '' ? undefined : glob.split('|').map(toPattern),
    mimetypes: toList(table.handled_mimetypes),
  }
  return {
    enabled,
    from: { files: withoutUndefined(files) },
    ...(shell.trim() !== '' && { shell }),
    ...(python && {
      run: { handler: python.worker_run_method, params: python.static_kwargs ?? {} },
      to: { tables: { create: true } },
      ...(python.supports_pizza_tracker && { progress: castironTopic }),
    }),
  }
}

const emptyToUndefined = (value: string | undefined): string | undefined =>
  value === '' ? undefined : value

function toList(text: string): string[] | undefined {
  const parts = text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
  return parts.length === 0 ? undefined : parts
}

const withoutUndefined = (table: object): object =>
  Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined))

/** A literal end of a name. What has `*`, `?`, `[` or `{` is a pattern already. */
function toPattern(part: string): string {
  if (/[*?[{]/.test(part)) return part
  return `*${part.replaceAll(/[()!+@}\]]/g, '[$&]')}`
}

function toTheirs(path: ValuePath): ValuePath {
  const origin = origins.find(([ours]) => ours.every((key, index) => path[index] === key))
  if (origin === undefined) return path
  const [ours, theirs] = origin
  // A converted glob is one text in the file, so its parts have the line and column of the whole text.
  return ours.at(-1) === 'params' ? [...theirs, ...path.slice(ours.length)] : theirs
}

function renamed(message: string): string {
  for (const [ours, theirs] of origins) {
    const name = formatPath(ours)
    if (!message.startsWith(name)) continue
    const rest = message.slice(name.length)
    if (/^[:.[]/.test(rest)) return formatPath(theirs) + rest.replace(/^\[\d+\]/, '')
  }
  return message
}
