import { expect } from 'chai'
import { geoToLocal } from '../../../services/telemetry/track/geo.ts'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { SimulatedDrives } from '../../../fleet/driving/simulated-drives.ts'

type Moving = Reading & { readonly speed: number }

const start = 1_800_000_000_000_000
const options = {
  firstVehicle: 0,
  numVehicles: 20,
  reportIntervalSeconds: 1,
  seed: 42,
  origin: { latitude: 37.7749, longitude: -122.4194, altitude: 16 },
  start,
  nextSequence: () => 0,
}

describe('SimulatedDrives', () => {
  const drives = new SimulatedDrives(options)
  const seconds = Array.from({ length: 300 }, (_, at) => at + 1)
  const readings = seconds
    .flatMap((second) => drives.takeDue(start + second * 1_000_000 - 1))
    .map((reading) => ({ ...reading, speed: reading.speed ?? NaN }))
  const byVehicle = drives.vins.map((vin) => readings.filter((reading) => reading.vin === vin))
  const pairs = byVehicle.flatMap((own) => own.slice(1).map((to, at) => toPair(own[at] ?? to, to)))

  it('reports each vehicle once per interval, spread evenly', () => {
    expect(byVehicle.map((own) => own.length)).to.deep.equal(Array(20).fill(300))
    const instants = readings.map(({ recordedAt }) => recordedAt - start)
    const even = readings.map((_, at) => at * 50_000)
    expect(instants.every((instant, at) => Math.abs(instant - (even[at] ?? 0)) < 50_000)).to.equal(
      true,
    )
  })

  it('continues the sequences of an earlier start', () => {
    const nextSequence = (vin: string): number => 100 * drives.vins.indexOf(vin)
    const later = new SimulatedDrives({ ...options, nextSequence }).takeDue(start + 1_999_999)
    const sequences = new Set(later.map(({ vin, sequence }) => sequence - nextSequence(vin)))
    expect(sequences).to.deep.equal(new Set([0, 1]))
  })

  it('increments sequences and keeps the interval exact to the microsecond', () => {
    expect(new Set(pairs.map(({ from, to }) => to.sequence - from.sequence))).to.deep.equal(
      new Set([1]),
    )
    const spacings = pairs.map(({ from, to }) => to.recordedAt - from.recordedAt)
    expect(new Set(spacings)).to.deep.equal(new Set([1_000_000]))
  })

  it('creates readings that the server accepts', () => {
    const parsed = readings.map((reading) => {
      const window = { receivedAt: reading.recordedAt, retentionMicros: 1 }
      return parseReading(JSON.parse(encodeReading(reading)), window)
    })
    expect(parsed).to.deep.equal(readings.map((reading) => ({ ok: true, reading })))
  })

  it('reports the speed of its movement', () => {
    const errors = pairs.map(({ metres, from, to }) => metres - (from.speed + to.speed) / 2)
    expect(Math.max(...errors.map(Math.abs))).to.be.below(1.5)
    expect(errors.reduce((sum, error) => sum + Math.abs(error)) / errors.length).to.be.below(0.2)
  })

  it('reports the heading of its movement', () => {
    const moving = pairs.filter(({ from, to }) => Math.min(from.speed, to.speed) > 3)
    const off = moving.map(({ direction, to, turned }) => {
      return degreesBetween(direction, to.heading ?? NaN) - turned
    })
    expect(moving.length).to.be.above(3000)
    expect(Math.max(...off)).to.be.below(10)
  })

  it('accelerates and brakes like a car and obeys speed limits', () => {
    const accelerations = pairs.map(({ from, to }) => to.speed - from.speed)
    expect(Math.max(...accelerations)).to.be.within(1, 2.5)
    expect(Math.min(...accelerations)).to.be.within(-6, -1)
    expect(accelerations.filter((each) => each < -3).length).to.be.below(pairs.length / 200)
    const speeds = readings.map(({ speed }) => speed)
    expect(Math.min(...speeds)).to.equal(0)
    expect(Math.max(...speeds)).to.be.within(12, 1.05 * (70 / 3.6))
  })

  it('leaves no vehicle standing forever', () => {
    const driven = byVehicle.map((own) => own.reduce((sum, { speed }) => sum + speed, 0))
    expect(Math.min(...driven)).to.be.above(600)
  })

  it('repeats the same drive for the same seed, with any number of calls', () => {
    const again = new SimulatedDrives(options)
    const first = [7, 130, 131, 2_000, 4_999].flatMap((ms) => again.takeDue(start + ms * 1000))
    expect(first).to.deep.equal(readings.slice(0, first.length))
    expect(first.length).to.equal(100)
    const other = new SimulatedDrives({ ...options, seed: 43 })
    expect(other.vins.filter((vin) => drives.vins.includes(vin))).to.deep.equal([])
  })

  it('splits one fleet over several processes: same vehicles, same town', () => {
    const second = new SimulatedDrives({ ...options, firstVehicle: 10, numVehicles: 10 })
    expect(second.vins).to.deep.equal(drives.vins.slice(10))
    const [alone] = new SimulatedDrives({ ...options, firstVehicle: 7, numVehicles: 1 }).takeDue(
      start,
    )
    const among = readings.find(({ vin }) => vin === alone?.vin)
    const { latitude, longitude } = alone ?? {}
    expect(latitude).to.be.closeTo(among?.latitude ?? 0, 1e-4)
    expect(longitude).to.be.closeTo(among?.longitude ?? 0, 1e-4)
  })

  it('catches up after a short delay and continues from now after a long delay', () => {
    const late = new SimulatedDrives(options)
    expect(late.takeDue(start + 3_999_999).length).to.equal(80)
    expect(late.takeDue(start + 3_600_000_000).length).to.be.at.most(1)
    expect(late.nextDue).to.be.within(start + 3_600_000_000, start + 3_600_100_000)
  })
})

type Pair = {
  readonly from: Moving
  readonly to: Moving
  readonly metres: number
  /** The direction from one position to the other, in degrees. */
  readonly direction: number
  /** The difference of the headings, in degrees. */
  readonly turned: number
}

function toPair(from: Moving, to: Moving): Pair {
  const { east, north } = geoToLocal({ ...to, altitude: 0 }, { ...from, altitude: 0 })
  const direction = (Math.atan2(east, north) * 180) / Math.PI
  const turned = degreesBetween(from.heading ?? NaN, to.heading ?? NaN)
  return { from, to, metres: Math.hypot(east, north), direction, turned }
}

/** From 0 to 180. */
function degreesBetween(a: number, b: number): number {
  const turned = Math.abs(a - b) % 360
  return Math.min(turned, 360 - turned)
}
