import type { DeclaredColumn } from '../../declaration/declaration.ts'
import type { FileFormat, FileStep } from '../../declaration/task-declaration.ts'
import { fieldTextOf, scanAgain } from '../delimited/delimited-line.ts'
import { FileFault } from '../file-fault.ts'
import { isObjectFormat } from '../formats/formats.ts'
import type { PlannedField } from './field-plan.ts'
import { planOfHeader, planOfObjects } from './field-plan.ts'
import type { ReadingsStep } from './readings-step.ts'

/** How the records of a file of readings are read, and what their values are. */
export type ReadingsPlan = {
  readonly plan: readonly PlannedField[]
  /** Its columns are the planned fields, in their order. */
  readonly step: FileStep
}

const delimiters = [',', ';', '\t', '|']
const lineFeed = 0x0a

/**
 * Decides which fields of a file are those of a reading.
 *
 * @param start the beginning of the text, with the header of a delimited file
 * @throws FileFault
 */
export function planReadings(step: ReadingsStep, start: Uint8Array): ReadingsPlan {
  if (isObjectFormat(step.format)) {
    const plan = planOfObjects(step)
    return { plan, step: toFileStep(step, { kind: step.format }, plan) }
  }
  const found = start.indexOf(lineFeed)
  const end = found === -1 ? start.length : found
  if (end === 0)
    throw new FileFault('The file is empty; expected a header with the names of the fields.')
  const format = formatOf(step, start.subarray(0, end))
  const line = scanAgain({ bytes: start, begin: 0, end, offset: 1 }, format)
  const names = Array.from({ length: line.fieldCount }, (_, index) => {
    const text = fieldTextOf(line, index, format)
    if (text === undefined)
      throw new FileFault('The header is not valid UTF-8. Declare map.encoding.')
    return text?.text.trim() ?? ''
  })
  const plan = planOfHeader(step, names)
  return { plan, step: toFileStep(step, format, plan) }
}

type DelimitedFormat = Extract<FileFormat, { kind: 'delimited' }>

function formatOf({ format, delimiter }: ReadingsStep, header: Uint8Array): DelimitedFormat {
  const common = { kind: 'delimited', hasHeader: true } as const
  if (format === 'tsv') return { ...common, delimiter: '\t', quote: undefined }
  const counts = delimiters.map((each) => ({
    delimiter: each,
    count: header.filter((byte) => byte === each.charCodeAt(0)).length,
  }))
  const [most] = counts.sort((left, right) => right.count - left.count)
  return { ...common, delimiter: delimiter ?? most?.delimiter ?? ',', quote: '"' }
}

function toFileStep(
  { encoding, rejectLimit }: ReadingsStep,
  format: FileFormat,
  plan: readonly PlannedField[],
): FileStep {
  // The values of objects can have any type.
  const type = format.kind === 'delimited' ? 'text' : 'json'
  return {
    ...{ kind: 'map', format, unknownFields: { kind: 'ignore' }, onBadLine: 'reject', rejectLimit },
    ...(encoding !== undefined && { encoding }),
    columns: plan.map(({ field, path }): DeclaredColumn => ({
      ...{ name: field, type, source: { kind: 'field', path } },
      ...{ default: undefined, required: false, maxLength: undefined, comment: '' },
    })),
  }
}

/** Texts that programs write for a value that they do not have. */
const noValues = ['', '-', 'null', 'NaN', 'nan', 'N/A', 'NA']

/** The texts of a record by field, without missing values. @param values in the order of the plan */
export function textsOf(
  { plan, step }: ReadingsPlan,
  values: readonly unknown[],
): Map<PlannedField['field'], string> {
  const texts = new Map<PlannedField['field'], string>()
  for (const [index, { field }] of plan.entries()) {
    const value = values[index]
    if (typeof value !== 'string') continue
    const text = (step.format.kind === 'delimited' ? value : textOfJson(value)).trim()
    if (!noValues.includes(text)) texts.set(field, text)
  }
  return texts
}

/** A text without its quotes; the JSON itself for other values. */
function textOfJson(json: string): string {
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : json
  return typeof value === 'string' ? value : json
}
