/** WGS-84 ellipsoid: semi-major axis in metres and flattening (NIMA TR8350.2, table 3.1). */
const semiMajorAxisMetres = 6_378_137
const flattening = 1 / 298.257223563
const eccentricitySquared = flattening * (2 - flattening)
const radiansPerDegree = Math.PI / 180

/** Latitude and longitude in degrees, altitude in metres above the ellipsoid. */
export type GeoPosition = {
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number
}

/** Metres east, north and up in the plane that touches the ellipsoid at an origin. */
export type LocalPosition = { readonly east: number; readonly north: number; readonly up: number }

type Cartesian = readonly [x: number, y: number, z: number]

/** Geodetic to Earth-centred, Earth-fixed coordinates in metres (Hofmann-Wellenhof, GPS, 10.1). */
function toEarthCentred(position: GeoPosition): Cartesian {
  const [phi, lambda] = [
    position.latitude * radiansPerDegree,
    position.longitude * radiansPerDegree,
  ]
  const primeVertical =
    semiMajorAxisMetres / Math.sqrt(1 - eccentricitySquared * Math.sin(phi) ** 2)
  const axisDistance = (primeVertical + position.altitude) * Math.cos(phi)
  return [
    axisDistance * Math.cos(lambda),
    axisDistance * Math.sin(lambda),
    (primeVertical * (1 - eccentricitySquared) + position.altitude) * Math.sin(phi),
  ]
}

/**
 * Earth-centred to geodetic coordinates: Bowring's formula on the reduced latitude, iterated
 * (B. R. Bowring, Survey Review 23, 1976); 1e-9 degrees after the second round near the surface.
 */
function toGeodetic([x, y, z]: Cartesian): GeoPosition {
  const axisDistance = Math.hypot(x, y)
  const semiMinorAxis = semiMajorAxisMetres * (1 - flattening)
  const secondEccentricitySquared = eccentricitySquared / (1 - eccentricitySquared)
  let reduced = Math.atan2(z * semiMajorAxisMetres, axisDistance * semiMinorAxis)
  let phi = 0
  for (let round = 0; round < 5; round += 1) {
    phi = Math.atan2(
      z + secondEccentricitySquared * semiMinorAxis * Math.sin(reduced) ** 3,
      // Negative only near the Earth's centre, where the formula is not valid; 0 keeps the result a latitude.
      Math.max(
        0,
        axisDistance - eccentricitySquared * semiMajorAxisMetres * Math.cos(reduced) ** 3,
      ),
    )
    reduced = Math.atan2((1 - flattening) * Math.sin(phi), Math.cos(phi))
  }
  const sine = Math.sin(phi)
  const altitude =
    axisDistance * Math.cos(phi) +
    z * sine -
    semiMajorAxisMetres * Math.sqrt(1 - eccentricitySquared * sine ** 2)
  return {
    latitude: phi / radiansPerDegree,
    longitude: Math.atan2(y, x) / radiansPerDegree,
    altitude,
  }
}

/** Converts metres east, north and up of `origin` to a geographic position, for any origin on Earth. */
export function localToGeo(local: LocalPosition, origin: GeoPosition): GeoPosition {
  const [phi, lambda] = [origin.latitude * radiansPerDegree, origin.longitude * radiansPerDegree]
  const [x, y, z] = toEarthCentred(origin)
  const { east, north, up } = local
  const outward = Math.cos(phi) * up - Math.sin(phi) * north
  return toGeodetic([
    x + Math.cos(lambda) * outward - Math.sin(lambda) * east,
    y + Math.sin(lambda) * outward + Math.cos(lambda) * east,
    z + Math.sin(phi) * up + Math.cos(phi) * north,
  ])
}

/** Converts a geographic position to metres east, north and up of `origin`. */
export function geoToLocal(position: GeoPosition, origin: GeoPosition): LocalPosition {
  const [phi, lambda] = [origin.latitude * radiansPerDegree, origin.longitude * radiansPerDegree]
  const [x0, y0, z0] = toEarthCentred(origin)
  const [x1, y1, z1] = toEarthCentred(position)
  const [x, y, z] = [x1 - x0, y1 - y0, z1 - z0]
  const outward = Math.cos(lambda) * x + Math.sin(lambda) * y
  return {
    east: Math.cos(lambda) * y - Math.sin(lambda) * x,
    north: Math.cos(phi) * z - Math.sin(phi) * outward,
    up: Math.cos(phi) * outward + Math.sin(phi) * z,
  }
}
