import type { FieldName, Unit } from './readings-step.ts'

/**
 * The names that programs give to the fields of a reading, without upper case, units and signs. The first one that a
 * header has is used.
 */
const usualNames: Readonly<Record<FieldName, readonly string[]>> = {
  timestamp: [
    ...['timestamp', 'recordedat', 'fixtime', 'gpstime', 'gpsdatetime', 'time', 'datetime'],
    ...['timeutc', 'utctime', 'utc', 'date', 'devicetime', 'eventtime', 'happenedat'],
  ],
  latitude: ['latitude', 'lat', 'gpslatitude', 'y'],
  longitude: ['longitude', 'lon', 'lng', 'long', 'gpslongitude', 'x'],
  altitude: ['altitude', 'alt', 'elevation', 'ele', 'gpsaltitude', 'height'],
  speed: ['speed', 'gpsspeed', 'groundspeed', 'velocity', 'vehiclespeed'],
  heading: ['heading', 'bearing', 'course', 'direction', 'headingdegrees', 'gpsbearing'],
  sequence: ['sequence'],
  make: ['make'],
  model: ['model'],
  altitude_reference: ['altitudereference'],
}

/** The ends of names that are units, without the signs before and after them. */
const units: readonly (readonly [pattern: RegExp, unit: Unit | undefined])[] = [
  [/[\s_([]+(?:km\s?\/\s?h|km_?h|kph|kmph)[)\]]?$/, 'km/h'],
  [/[\s_([]+(?:mph|mi\s?\/\s?h|miles\s?\/\s?hour)[)\]]?$/, 'mph'],
  [/[\s_([]+(?:kn|kts?|knots?)[)\]]?$/, 'kn'],
  [/[\s_([]+(?:m\s?\/\s?s|m_s|mps|ms|met(?:er|re)s\s?\/\s?second)[)\]]?$/, 'm/s'],
  [/[\s_([]+(?:ft|feet)[)\]]?$/, 'ft'],
  [/[\s_([]+(?:m|met(?:er|re)s?)[)\]]?$/, 'm'],
  [/[\s_([]+(?:deg|degrees|°)[)\]]?$/, undefined],
]

type NamedField = {
  readonly name: string
  /** The name without its unit, in lower case and without signs. */
  readonly plain: string
  readonly unit: Unit | undefined
}

function toNamedField(name: string): NamedField {
  const lower = name.trim().toLowerCase()
  const found = units.find(([pattern]) => pattern.test(lower))
  const withoutUnit = found === undefined ? lower : lower.replace(found[0], '')
  return { name, plain: withoutUnit.replace(/[^a-z0-9]/g, ''), unit: found?.[1] }
}

/** The field of a header that usually has this meaning, with the unit that its name has. */
export function findUsualField(
  field: FieldName,
  names: readonly string[],
): Pick<NamedField, 'name' | 'unit'> | undefined {
  const named = names.map(toNamedField)
  for (const usual of usualNames[field]) {
    const found = named.find(({ plain }) => plain === usual)
    if (found !== undefined) return found
  }
  return undefined
}

/** The usual names of a field, for messages. */
export const describeUsualNames = (field: FieldName): string =>
  usualNames[field].map((name) => JSON.stringify(name)).join(', ')
