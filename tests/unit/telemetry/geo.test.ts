import { expect } from 'chai'
import fc from 'fast-check'
import type { GeoPosition, LocalPosition } from '../../../services/telemetry/track/geo.ts'
import { geoToLocal, localToGeo } from '../../../services/telemetry/track/geo.ts'

const sanFrancisco = { latitude: 37.7749, longitude: -122.4194, altitude: 16 }
const equator = { latitude: 0, longitude: 0, altitude: 0 }
const within = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true })
const anyOrigin: fc.Arbitrary<GeoPosition> = fc.record({
  latitude: within(90),
  longitude: within(180),
  altitude: within(10_000),
})
const anyLocal = (limit: number): fc.Arbitrary<LocalPosition> =>
  fc.record({ east: within(limit), north: within(limit), up: within(limit) })

function expectValid(position: GeoPosition, from: unknown): void {
  const message = `${JSON.stringify(from)} gives ${JSON.stringify(position)}`
  expect(Math.abs(position.latitude), message).to.be.at.most(90)
  expect(Math.abs(position.longitude), message).to.be.at.most(180)
  expect(Number.isFinite(position.altitude), message).to.equal(true)
}

describe('localToGeo', () => {
  it('returns the origin for zero metres', () => {
    const { latitude, longitude, altitude } = localToGeo({ east: 0, north: 0, up: 0 }, sanFrancisco)
    expect(latitude).to.be.closeTo(37.7749, 1e-9)
    expect(longitude).to.be.closeTo(-122.4194, 1e-9)
    expect(altitude).to.be.closeTo(16, 1e-6)
  })

  it('converts 1 km north to 0.009 degrees of latitude', () => {
    const { latitude, longitude, altitude } = localToGeo(
      { east: 0, north: 1000, up: 0 },
      sanFrancisco,
    )
    expect(latitude - 37.7749).to.be.closeTo(0.00901, 0.00001)
    expect(longitude).to.be.closeTo(-122.4194, 1e-9)
    // The plane is above the curved surface by d² / 2r: 8 cm after 1 km.
    expect(altitude - 16).to.be.closeTo(0.0785, 0.001)
  })

  it('converts 111,320 m east at the equator to one degree of longitude', () => {
    const oneDegree = (6_378_137 * Math.PI) / 180
    const { latitude, longitude } = localToGeo({ east: oneDegree, north: 0, up: 0 }, equator)
    expect(latitude).to.be.closeTo(0, 1e-9)
    expect(longitude).to.be.closeTo(0.9999, 0.0001)
  })

  it('changes only the altitude for metres up', () => {
    const { latitude, longitude, altitude } = localToGeo(
      { east: 0, north: 0, up: 5000 },
      sanFrancisco,
    )
    expect(latitude).to.be.closeTo(37.7749, 1e-9)
    expect(longitude).to.be.closeTo(-122.4194, 1e-9)
    expect(altitude).to.be.closeTo(5016, 1e-6)
  })

  it('returns valid degrees across the pole and the date line', () => {
    const nearPole = { latitude: 89.99, longitude: 0, altitude: 0 }
    const acrossPole = localToGeo({ east: 0, north: 5000, up: 0 }, nearPole)
    expect(acrossPole.latitude).to.be.closeTo(89.9652, 0.001)
    expect(Math.abs(acrossPole.longitude)).to.be.closeTo(180, 1e-9)
    const nearLine = { latitude: 0, longitude: 179.99, altitude: 0 }
    const acrossLine = localToGeo({ east: 5000, north: 0, up: 0 }, nearLine)
    expect(acrossLine.longitude).to.be.closeTo(-179.965, 0.001)
  })

  it('is inverted by geoToLocal to a millimetre, over thousands of kilometres', () => {
    fc.assert(
      fc.property(anyOrigin, anyLocal(4_000_000), (origin, local) => {
        // Deep inside the Earth the latitude of a position is not unique.
        fc.pre(localToGeo(local, origin).altitude > -1_000_000)
        const back = geoToLocal(localToGeo(local, origin), origin)
        expect(back.east).to.be.closeTo(local.east, 1e-3)
        expect(back.north).to.be.closeTo(local.north, 1e-3)
        expect(back.up).to.be.closeTo(local.up, 1e-3)
      }),
    )
  })

  it('returns valid degrees for any metres', () => {
    fc.assert(
      fc.property(anyOrigin, anyLocal(1e8), (origin, local) => {
        expectValid(localToGeo(local, origin), { local, origin })
      }),
    )
  })

  it('returns valid degrees near the centre of the Earth', () => {
    fc.assert(
      fc.property(anyLocal(100_000), ({ east, north, up }) => {
        const local = { east, north, up: up - 6_378_137 }
        expectValid(localToGeo(local, equator), local)
      }),
    )
    expectValid(localToGeo({ east: 0, north: 0, up: -6_378_137 }, equator), 'the centre')
  })
})
