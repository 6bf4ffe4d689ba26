/** Degrees, WGS-84. */
export type Place = { readonly latitude: number; readonly longitude: number }

/** Mean radius of the Earth in metres (IUGG). */
const earthRadius = 6_371_008.8
const degree = Math.PI / 180
/** Degrees of longitude or latitude up to which the Earth is taken for flat. */
const flat = 0.5

/**
 * Metres along the ground; half a per cent off at most, as the Earth is taken for a sphere. Near
 * places are measured in the plane, the rest by the haversine formula (R. W. Sinnott, Sky and
 * Telescope 68, 1984).
 */
export function distanceBetween(one: Place, other: Place): number {
  const north = other.latitude - one.latitude
  const east = ((other.longitude - one.longitude + 540) % 360) - 180
  if (Math.abs(north) < flat && Math.abs(east) < flat) {
    const shrunk = east * Math.cos(((one.latitude + other.latitude) / 2) * degree)
    return earthRadius * degree * Math.sqrt(north * north + shrunk * shrunk)
  }
  const haversine =
    Math.sin((north * degree) / 2) ** 2 +
    Math.cos(one.latitude * degree) *
      Math.cos(other.latitude * degree) *
      Math.sin((east * degree) / 2) ** 2
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(haversine)))
}
