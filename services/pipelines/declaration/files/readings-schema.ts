import { z } from 'zod'
import { isObjectFormat } from '../../files/formats/formats.ts'
import type { FieldRule, Unit } from '../../files/readings/readings-step.ts'
import { fieldNames, unitFactors } from '../../files/readings/readings-step.ts'
import { isVehiclePattern, vinPattern } from '../../files/readings/vehicle-of-file.ts'
import { limits } from '../../limits.ts'
import type { RuleFault } from '../shared-rules.ts'
import { faultsOfName, faultsOfRetry } from '../shared-rules.ts'
import {
  boolean,
  durationMs,
  pipelineName,
  retry,
  text,
  wholeNumber,
  writtenTopicName,
} from '../schema-values.ts'
import { asciiCharacter, encoding, files, format } from './file-schema.ts'

/** The keys of a pipeline whose files are readings of vehicles (`to = "readings"`). */

const source = /^[^\0\n\r]{1,500}$/u
const units = Object.keys(unitFactors) as Unit[]

const isSource = (value: unknown): value is string =>
  typeof value === 'string' && source.test(value)

const hasOnly = (value: object, names: readonly string[]): boolean =>
  Object.keys(value).every((name) => names.includes(name))

const isFieldRule = (value: unknown): boolean => {
  if (isSource(value)) return true
  if (typeof value !== 'object' || value === null || !hasOnly(value, ['from', 'unit'])) return false
  const { from, unit } = value as Record<string, unknown>
  return isSource(from) && (unit === undefined || units.includes(unit as Unit))
}

const field = z
  .custom<string | { readonly from: string; readonly unit?: Unit }>(
    isFieldRule,
    `expected the name of a field of the file, or { from = "NAME", unit = "UNIT" } with one of the units ${units.join(', ')}`,
  )
  .transform((value): FieldRule =>
    typeof value === 'string' ? { from: value, unit: undefined } : { unit: undefined, ...value },
  )

const isVehicle = (value: unknown): boolean => {
  if (typeof value === 'string') return vinPattern.test(value)
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false
  const { field: name, file } = value as Record<string, unknown>
  return isSource(name) || (typeof file === 'string' && isVehiclePattern(file))
}

const vehicle = z.custom<string | { readonly field: string } | { readonly file: string }>(
  isVehicle,
  'expected the vehicle of all files, e.g. "CAR-1", or { field = "NAME" } of each line, or { file = "{vehicle}_*.gpx" } for the names of files',
)

const map = z.strictObject(
  {
    format,
    encoding: encoding.optional(),
    delimiter: asciiCharacter('one ASCII character, e.g. ";"').optional(),
    vehicle,
    fields: z
      .strictObject(
        Object.fromEntries(fieldNames.map((name) => [name, field.optional()])),
        'expected a table with the fields of readings',
      )
      .default({}),
    time_offset: text(
      /^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/,
      'the offset of times without one: "Z" or e.g. "+01:00"',
    ).optional(),
    reject_limit: wholeNumber(0, limits.rejectedLines).optional(),
  },
  'expected a table with the keys "format" and "vehicle"',
)

export const readingsSchema = z.strictObject({
  name: pipelineName,
  enabled: boolean.default(true),
  from: z.strictObject({ files }, 'expected a table with the key "files"'),
  concurrency: wholeNumber(1, limits.concurrency).default(1),
  timeout: durationMs(limits.taskTimeout).default(3_600_000),
  retry: retry.prefault({}),
  progress: writtenTopicName.optional(),
  map,
  to: text(/^readings$/, '"readings"'),
})

export type ReadingsFile = z.output<typeof readingsSchema>

/** What is wrong with a declaration whose keys are right, one by one. */
export function faultsOfReadings({ name, retry, map }: ReadingsFile): RuleFault[] {
  return [...faultsOfName(name), ...faultsOfRetry(retry), ...faultsOfMap(map)]
}

function faultsOfMap({
  format: name,
  delimiter,
  encoding: given,
}: ReadingsFile['map']): RuleFault[] {
  if (delimiter !== undefined && name !== 'csv') {
    const message = 'map.delimiter: only for format = "csv"; remove this key.'
    return [{ path: ['map', 'delimiter'], message }]
  }
  if (given === undefined || !isObjectFormat(name) || name !== 'parquet') return []
  const message = 'map.encoding: a file in the format parquet is no text; remove this key.'
  return [{ path: ['map', 'encoding'], message }]
}
