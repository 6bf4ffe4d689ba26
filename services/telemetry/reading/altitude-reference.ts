/** What an altitude is measured from: the WGS-84 ellipsoid or the sea level (geoid). */
export const altitudeReferences = ['ellipsoid', 'sea-level', 'unknown'] as const
export type AltitudeReference = (typeof altitudeReferences)[number]

/** Without `metadata.altitudeReference` an altitude is above the ellipsoid. */
const defaultAltitudeReference: AltitudeReference = 'ellipsoid'

/** Any other text means that the reference is not known. */
export function toAltitudeReference(text: unknown): AltitudeReference {
  if (text === undefined || text === null || text === '') return defaultAltitudeReference
  return altitudeReferences.find((reference) => reference === text) ?? 'unknown'
}
