/** Degrees, WGS-84. */
export type Place = { readonly latitude: number; readonly longitude: number }

/** Mean radius of the Earth in metres (IUGG). */
const earthRadiusMetres = 6_371_008.8
const radiansPerDegree = Math.PI / 180
/** Below this difference of longitude and latitude, in degrees, the Earth is treated as flat. */
const maxFlatDegrees = 0.5

/**
 * Returns the distance along the ground in metres. The error is at most half a per cent, because the
 * Earth is treated as a sphere. Near places are measured in the plane, others by the haversine
 * formula (R. W. Sinnott, Sky and Telescope 68, 1984).
 */
export function distanceBetween(from: Place, to: Place): number {
  const north = to.latitude - from.latitude
  const east = ((to.longitude - from.longitude + 540) % 360) - 180
  if (Math.abs(north) < maxFlatDegrees && Math.abs(east) < maxFlatDegrees) {
    const eastScaled = east * Math.cos(((from.latitude + to.latitude) / 2) * radiansPerDegree)
    return earthRadiusMetres * radiansPerDegree * Math.sqrt(north * north + eastScaled * eastScaled)
  }
  const haversine =
    Math.sin((north * radiansPerDegree) / 2) ** 2 +
    Math.cos(from.latitude * radiansPerDegree) *
      Math.cos(to.latitude * radiansPerDegree) *
      Math.sin((east * radiansPerDegree) / 2) ** 2
  return 2 * earthRadiusMetres * Math.asin(Math.min(1, Math.sqrt(haversine)))
}

/** Interpolates linearly; also correct across the 180th meridian. */
export function interpolatePlace(from: Place, to: Place, fraction: number): Place {
  const east = ((to.longitude - from.longitude + 540) % 360) - 180
  return {
    latitude: from.latitude + fraction * (to.latitude - from.latitude),
    longitude: from.longitude + fraction * east,
  }
}
