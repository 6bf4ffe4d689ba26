/** The fields of a reading. The parser, the OpenAPI document and the column comments are generated from this table. */

type FieldBase = {
  /** Name in JSON, in the form body and in the Kafka record's value. */
  readonly name: string
  /** Column of the table of readings. */
  readonly column: string
  readonly required: boolean
  readonly description: string
  /** Path in the COVESA Vehicle Signal Specification (VSS 5), if it defines this signal. */
  readonly vss?: string
  readonly example: unknown
}

export type VinField = FieldBase & { readonly kind: 'vin'; readonly pattern: RegExp }
export type TimeField = FieldBase & { readonly kind: 'time' }
export type NumberField = FieldBase & {
  readonly kind: 'number' | 'integer'
  readonly unit: string
  readonly minimum: number
  readonly maximum: number
  /** True if `maximum` itself is out of range: a half-open range. */
  readonly excludesMaximum?: boolean
}
export type TextField = FieldBase & { readonly kind: 'text'; readonly maxLength: number }
export type ObjectField = FieldBase & {
  readonly kind: 'object'
  readonly maxBytes: number
  readonly maxDepth: number
}
export type ReadingField = VinField | TimeField | NumberField | TextField | ObjectField

export const vinField: VinField = {
  kind: 'vin',
  name: 'vin',
  column: 'vin',
  required: true,
  pattern: /^[A-Za-z0-9-]{1,32}$/,
  description: 'Identifies the vehicle: 1 to 32 of A-Z, a-z, 0-9 and hyphen.',
  vss: 'Vehicle.VehicleIdentification.VIN',
  example: '1AVTB2C37R0000042',
}

export const timeField: TimeField = {
  kind: 'time',
  name: 'timestamp',
  column: 'recorded_at',
  required: true,
  description:
    'Time of the observation: ISO 8601 with an offset, or Unix seconds as a number. Stored in whole microseconds; finer digits are truncated.',
  vss: 'Vehicle.CurrentLocation.Timestamp',
  example: '2026-01-31T12:00:00.250Z',
}

const latitudeField: NumberField = {
  kind: 'number',
  name: 'latitude',
  column: 'latitude',
  required: true,
  unit: 'degrees',
  minimum: -90,
  maximum: 90,
  description: 'Latitude, WGS-84.',
  vss: 'Vehicle.CurrentLocation.Latitude',
  example: 37.7209977,
}

const longitudeField: NumberField = {
  kind: 'number',
  name: 'longitude',
  column: 'longitude',
  required: true,
  unit: 'degrees',
  minimum: -180,
  maximum: 180,
  description: 'Longitude, WGS-84.',
  vss: 'Vehicle.CurrentLocation.Longitude',
  example: -122.4723053,
}

export const speedField: NumberField = {
  kind: 'number',
  name: 'speed',
  column: 'speed',
  required: true,
  unit: 'm/s',
  minimum: 0,
  maximum: 500,
  description: 'Speed over ground, in m/s. VSS uses km/h.',
  vss: 'Vehicle.Speed',
  example: 7.823,
}

const altitudeField: NumberField = {
  kind: 'number',
  name: 'altitude',
  column: 'altitude',
  required: false,
  unit: 'm',
  minimum: -1_000_000,
  maximum: 1_000_000,
  description:
    'Height above the WGS-84 ellipsoid, unless metadata.altitudeReference is `sea-level` or `unknown`.',
  vss: 'Vehicle.CurrentLocation.Altitude',
  example: 33.37,
}

const headingField: NumberField = {
  kind: 'number',
  name: 'heading',
  column: 'heading',
  required: false,
  unit: 'degrees',
  minimum: 0,
  maximum: 360,
  excludesMaximum: true,
  description: 'Direction of travel, clockwise from true north.',
  vss: 'Vehicle.CurrentLocation.Heading',
  example: 2.14,
}

const sequenceField: NumberField = {
  kind: 'integer',
  name: 'sequence',
  column: 'sequence',
  required: false,
  unit: 'count',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description:
    'Distinguishes readings of one vehicle with the same timestamp, and reveals gaps. 0 if omitted.',
  example: 1042,
}

const makeField: TextField = {
  kind: 'text',
  name: 'make',
  column: 'make',
  required: false,
  maxLength: 40,
  description: 'Manufacturer of the vehicle.',
  vss: 'Vehicle.VehicleIdentification.Brand',
  example: 'Toyota',
}

const modelField: TextField = {
  kind: 'text',
  name: 'model',
  column: 'model',
  required: false,
  maxLength: 40,
  description: "The manufacturer's name for the model.",
  vss: 'Vehicle.VehicleIdentification.Model',
  example: 'RAV4',
}

export const metadataField: ObjectField = {
  kind: 'object',
  name: 'metadata',
  column: 'metadata',
  required: false,
  maxBytes: 4096,
  maxDepth: 16,
  description:
    'Other values that the vehicle reports: an object of up to 4 KiB as JSON, with up to 16 levels. `altitudeReference` says what the altitude is above: `ellipsoid`, `sea-level` or `unknown`.',
  example: { battery: 0.82 },
}

/** In the order of the JSON text and of the columns of the table `diag`. */
export const readingFields: readonly ReadingField[] = [
  vinField,
  timeField,
  sequenceField,
  latitudeField,
  longitudeField,
  altitudeField,
  speedField,
  headingField,
  makeField,
  modelField,
  metadataField,
]

/** Formats the allowed range of a field for messages and documents, e.g. `[0, 360) degrees`. */
export function formatRange(field: NumberField): string {
  return `[${field.minimum}, ${field.maximum}${field.excludesMaximum ? ')' : ']'} ${field.unit}`
}
