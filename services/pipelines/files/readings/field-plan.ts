import type { FieldName, ReadingsStep, Unit } from './readings-step.ts'
import { fieldNames } from './readings-step.ts'
import { describeUsualNames, findUsualField } from './usual-names.ts'
import { FileFault } from '../file-fault.ts'

/** Where the fields of a reading come from. */
export type PlannedField = {
  readonly field: FieldName | 'vehicle' | 'kind' | 'track' | 'segment'
  /** The name of a field of the header, or the names that lead to a field of an object. */
  readonly path: readonly string[]
  readonly unit: Unit | undefined
}

const needed: readonly FieldName[] = ['timestamp', 'latitude', 'longitude']

/** The fields in a file with a header. @throws FileFault if needed ones are missing */
export function planOfHeader(
  { fields, vehicle }: ReadingsStep,
  names: readonly string[],
): PlannedField[] {
  const planned = fieldNames.flatMap((field): PlannedField[] => {
    const declared = fields[field]
    const found =
      declared === undefined
        ? findUsualField(field, names)
        : { name: declared.from, unit: declared.unit }
    if (found !== undefined) return [{ field, path: [found.name], unit: found.unit }]
    if (!needed.includes(field)) return []
    throw new FileFault(
      `The header has no field for the ${field}: none is named like ${describeUsualNames(field)}. Declare map.fields.${field}. Its fields are ${names
        .slice(0, 20)
        .map((name) => JSON.stringify(name))
        .join(', ')}.`,
    )
  })
  return vehicle.kind === 'field'
    ? [...planned, { field: 'vehicle', path: [vehicle.from], unit: undefined }]
    : planned
}

/** Fields of GPX whose names are not those of readings. */
const namesInGpx: Partial<Record<FieldName, string>> = {
  timestamp: 'time',
  latitude: 'lat',
  longitude: 'lon',
  altitude: 'ele',
  heading: 'course',
  altitude_reference: 'extensions.altitudeReference',
}

/** The fields in the objects of a file. */
export function planOfObjects({ format, fields, vehicle }: ReadingsStep): PlannedField[] {
  const isGpx = format === 'gpx'
  const planned = fieldNames.flatMap((field): PlannedField[] => {
    const declared = fields[field]
    // A field that a Parquet file does not have is a fault.
    if (format === 'parquet' && declared === undefined && !needed.includes(field)) return []
    const usual = isGpx ? (namesInGpx[field] ?? field) : field
    const path = declared === undefined ? usual.split('.') : pathOf(declared.from)
    return [{ field, path, unit: declared?.unit }]
  })
  const ofVehicle: PlannedField[] =
    vehicle.kind === 'field'
      ? [{ field: 'vehicle', path: pathOf(vehicle.from), unit: undefined }]
      : []
  const ofTrack = isGpx ? (['kind', 'track', 'segment'] as const) : []
  return [
    ...planned,
    ...ofVehicle,
    ...ofTrack.map((field) => ({ field, path: [field], unit: undefined })),
  ]
}

/** `$.field.field`, or the name of a field. */
const pathOf = (from: string): string[] =>
  from.startsWith('$.') ? from.slice(2).split('.') : [from]
