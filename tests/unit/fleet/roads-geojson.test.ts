import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { townSizeFor } from '../../../fleet/driving/simulated-drives.ts'
import { roadsGeoJson, writeRoads } from '../../../fleet/roads/roads-geojson.ts'
import { planTown } from '../../../fleet/roads/town.ts'
import { distanceBetween } from '../../../services/telemetry/track/distance.ts'

const origin = { latitude: 37.7749, longitude: -122.4194, altitude: 16 }
const size = townSizeFor({ numVehicles: 10, seed: 7 })

describe('roads as GeoJSON', () => {
  it('contains all roads of the town, around its origin', () => {
    const { features } = roadsGeoJson(size, origin)
    expect(features.length).to.equal(planTown(size).roads.length)
    for (const { geometry, properties } of features) {
      expect(properties.kind).to.be.oneOf(['street', 'avenue', 'ring'])
      expect(geometry.coordinates.length).to.equal(25)
      for (const [longitude, latitude] of geometry.coordinates) {
        expect(distanceBetween({ latitude, longitude }, origin)).to.be.lessThan(2_500)
      }
    }
  })

  it('keeps the lengths of the roads', () => {
    const [road] = planTown(size).roads
    const [from, to] = [road!.centreline[0]!, road!.centreline.at(-1)!]
    const metres = Math.hypot(to.east - from.east, to.north - from.north)
    const ends = roadsGeoJson(size, origin).features[0]!.geometry.coordinates
    const places = [ends[0]!, ends.at(-1)!].map(([longitude, latitude]) => ({
      latitude,
      longitude,
    }))
    expect(distanceBetween(places[0]!, places[1]!)).to.be.closeTo(metres, metres / 100)
  })

  it('writes the complete file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-roads-'))
    const file = join(folder, 'deep', 'roads.geojson')
    writeRoads(file, size, origin)
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal(roadsGeoJson(size, origin))
    rmSync(folder, { recursive: true })
  })
})
