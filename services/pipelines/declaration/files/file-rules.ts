import { faultsOfTableRules } from '../check-rules.ts'
import { isObjectFormat, objectFormats } from '../../files/formats/formats.ts'
import type { RuleFault } from '../shared-rules.ts'
import { faultsOfRetry } from '../shared-rules.ts'
import type { FilesFile } from './file-schema.ts'

/** The rules between the keys of a pipeline that loads files. */
type Rule = (file: FilesFile) => RuleFault[]

/** The faults of a file whose keys are right, one by one. */
export function faultsOfFileRules(file: FilesFile): RuleFault[] {
  return [...faultsOfTableRules(file), ...rules.flatMap((rule) => rule(file))]
}

/** No other folder is the inbox or the one for processing, and the error folder is not the archive. */
export function faultsOfFolders(files: FilesFile['from']['files']): RuleFault[] {
  if (files.match === undefined && files.mimetypes === undefined) {
    const message =
      'from.files.match: expected a list of patterns for the names of files, e.g. ["*.csv"], or from.files.mimetypes; it is missing.'
    return [{ path: ['from', 'files'], message }]
  }
  const { inbox, processing, archive, error, canceled } = files
  const fault = (key: string, folder: string, why: string): RuleFault => ({
    path: ['from', 'files', key],
    message: `from.files.${key}: "${folder}" is ${why}; choose another folder.`,
  })
  const ofInbox = Object.entries({ processing, archive, error, canceled }).flatMap(
    ([key, folder]) =>
      folder === inbox ? [fault(key, folder, 'the inbox, so the file would be loaded again')] : [],
  )
  const ofProcessing = Object.entries({ archive, error, canceled }).flatMap(([key, folder]) =>
    folder === processing ? [fault(key, folder, 'the folder for processing already')] : [],
  )
  const faults = [...ofInbox, ...ofProcessing]
  if (faults.length > 0 || error !== archive) return faults
  return [fault('error', error, 'the archive already')]
}

const delimiters: Rule = ({ map }) => {
  const { format, header, delimiter, quote } = map
  const given = Object.entries({ header, delimiter, quote }).filter(
    ([, value]) => value !== undefined,
  )
  if (isObjectFormat(format)) {
    return given.map(([key]) => ({
      path: ['map', key],
      message: `map.${key}: the fields of ${format} have names and no delimiters; remove this key.`,
    }))
  }
  if (format === 'tsv') {
    return given
      .filter(([key]) => key !== 'header')
      .map(([key]) => ({
        path: ['map', key],
        message: `map.${key}: the fields of tsv are divided by tabs and have no quotes; remove this key, or declare format = "csv".`,
      }))
  }
  if (delimiter === undefined || delimiter !== (quote ?? '"')) return []
  const message = `map.delimiter: it cannot be the quote ${JSON.stringify(delimiter)}; choose another character.`
  return [{ path: ['map', 'delimiter'], message }]
}

/** What `from` can name depends on the format. */
const sources: Rule = ({ map: { format, header = true, columns } }) =>
  columns.flatMap(({ from }, index): RuleFault[] => {
    if (from === undefined) return []
    const fault = (sentence: string): RuleFault[] => [
      {
        path: ['map', 'columns', index, 'from'],
        message: `map.columns[${index}].from: ${sentence}`,
      },
    ]
    if (isObjectFormat(format)) {
      if (/^\$(?:\.[^.\s[\]"']+)+$/.test(from)) return []
      return fault(`expected "$.field" or "$.field.field"; it is ${JSON.stringify(from)}.`)
    }
    if (header) return []
    return fault(
      'the file has no header, so the columns are its fields in their order; remove this key.',
    )
  })

const distinctFields: Rule = ({ map: { format, columns } }) => {
  if (isObjectFormat(format)) return []
  const fields = columns.map(({ name, from }) => from ?? name)
  return fields.flatMap((field, index): RuleFault[] => {
    const first = fields.indexOf(field)
    // A name that is declared twice has a fault already.
    if (first === index || columns[first]?.name === columns[index]?.name) return []
    const message = `map.columns[${index}]: the column "${columns[first]?.name ?? ''}" reads the field ${JSON.stringify(field)} already.`
    return [{ path: ['map', 'columns', index], message }]
  })
}

const unknownFields: Rule = ({ map: { format, header = true, unknown } }) => {
  if (unknown !== 'reject' || isObjectFormat(format) || header) return []
  const message =
    'map.unknown: without a header each line must have exactly the declared columns; remove this key.'
  return [{ path: ['map', 'unknown'], message }]
}

const encodings: Rule = ({ map: { format, encoding } }) => {
  const isText = !isObjectFormat(format) || objectFormats[format].kind === 'text'
  if (encoding === undefined || isText) return []
  const message = `map.encoding: a file in the format ${format} is no text; remove this key.`
  return [{ path: ['map', 'encoding'], message }]
}

const rejectLimit: Rule = ({ map }) => {
  if (map.on_bad_line !== 'fail' || map.reject_limit === undefined) return []
  const message =
    'map.reject_limit: with on_bad_line = "fail" the first bad line ends the load; remove one of them.'
  return [{ path: ['map', 'reject_limit'], message }]
}

const rules: readonly Rule[] = [
  ({ from: { files } }) => faultsOfFolders(files),
  delimiters,
  encodings,
  sources,
  distinctFields,
  unknownFields,
  rejectLimit,
  ({ retry }) => faultsOfRetry(retry),
]
