import type { Encoding } from '../content/encoding.ts'

/** The fields of a reading that a file can have. */
export const fieldNames = [
  'timestamp',
  'latitude',
  'longitude',
  'altitude',
  'speed',
  'heading',
  'sequence',
  'make',
  'model',
  'altitude_reference',
] as const
export type FieldName = (typeof fieldNames)[number]

/** Metres a second in one unit of speed, and metres in one unit of altitude. */
export const unitFactors = {
  'm/s': 1,
  'km/h': 1 / 3.6,
  mph: 0.447_04,
  kn: 1_852 / 3_600,
  m: 1,
  ft: 0.304_8,
} as const
export type Unit = keyof typeof unitFactors

/** Where the vehicle of a file or of a line comes from. */
export type VehicleRule =
  | { readonly kind: 'fixed'; readonly vin: string }
  /** The field of a line, as `from` of a column names it. */
  | { readonly kind: 'field'; readonly from: string }
  /** A pattern for the name of the file, with `{vehicle}`. */
  | { readonly kind: 'file'; readonly pattern: string }

export type FieldRule = { readonly from: string; readonly unit: Unit | undefined }

/** How the records of a file become readings of vehicles. */
export type ReadingsStep = {
  readonly kind: 'readings'
  /** `csv`, `tsv` or the name of a format of objects. */
  readonly format: string
  readonly encoding?: Encoding
  /** For csv; undefined: the delimiter that the header has. */
  readonly delimiter: string | undefined
  readonly vehicle: VehicleRule
  /** The fields that are declared. The others have their usual names. */
  readonly fields: Readonly<Partial<Record<FieldName, FieldRule>>>
  /** The offset of times without one, e.g. `Z` or `+01:00`; undefined: such times are refused. */
  readonly offset: string | undefined
  readonly rejectLimit: number
}
