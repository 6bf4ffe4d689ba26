import type { FileFormat, FileStep } from '../../declaration/task-declaration.ts'
import { fieldTextOf } from './delimited-line.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { FileFault } from '../file-fault.ts'
import { describeLineFault } from '../line-faults.ts'
import type { FieldColumn } from '../lines.ts'
import { maxLineBytes } from '../lines.ts'

export type Format = Extract<FileFormat, { kind: 'delimited' }>

/** How many fields a line has, and which field each column reads. */
export type Layout = { readonly columns: readonly FieldColumn[]; readonly fieldCount: number }

/** The layout of a file without a header: the columns are the fields in their order. */
export function layoutOfColumns({ columns }: FileStep): Layout {
  return {
    columns: columns.map((column, field) => ({ column, field })),
    fieldCount: columns.length,
  }
}

/** @throws FileFault if a column has no field */
export function layoutOfHeader(
  line: ScannedLine,
  { columns, unknownFields }: FileStep,
  format: Format,
): Layout {
  const names = namesOf(line, format)
  const fields = columns.map((column) => ({ column, field: names.indexOf(fieldOf(column)) }))
  const missing = fields.filter(({ field }) => field === -1)
  if (missing.length > 0) {
    const list = missing.map(({ column }) => JSON.stringify(fieldOf(column))).join(', ')
    const word = missing.length === 1 ? 'field' : 'fields'
    throw new FileFault(`The header has no ${word} ${list}; its fields are ${shownNames(names)}.`)
  }
  const twice = fields.find(({ field }) => names.indexOf(names[field] ?? '', field + 1) !== -1)
  if (twice !== undefined)
    throw new FileFault(`The header has the field ${JSON.stringify(fieldOf(twice.column))} twice.`)
  const known = new Set(fields.map(({ field }) => field))
  const unknown = names.filter((_, index) => !known.has(index))
  if (unknownFields.kind === 'reject' && unknown.length > 0)
    throw new FileFault(`The header has fields that no column reads: ${shownNames(unknown)}.`)
  return { columns: fields, fieldCount: names.length }
}

function namesOf(line: ScannedLine, format: Format): string[] {
  if (line.fault !== undefined) {
    const { detail } = describeLineFault(line.fault, format.quote ?? '', maxLineBytes)
    throw new FileFault(`The header cannot be read. ${detail}`)
  }
  return Array.from({ length: line.fieldCount }, (_, index) => {
    const field = fieldTextOf(line, index, format)
    if (field === undefined) throw new FileFault('The header is not valid UTF-8.')
    return field === null ? '' : field.text.trim()
  })
}

/** @returns the sentence for a file without a header */
export function emptyFaultOf({ columns }: FileStep): string {
  const names = columns.map((column) => JSON.stringify(fieldOf(column)))
  return `The file is empty; expected a header with the fields ${names.join(', ')}.`
}

/** The name of the field that a column reads. */
export function fieldOf({ source, name }: FileStep['columns'][number]): string {
  return source.kind === 'field' ? (source.path[0] ?? name) : name
}

const maxNames = 20

function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map((name) => JSON.stringify(name.slice(0, 80)))
  const others = names.length > maxNames ? ` and ${names.length - maxNames} others` : ''
  return shown.join(', ') + others
}
