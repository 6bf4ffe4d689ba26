import type { GeoPosition } from '../../services/telemetry/track/geo.ts'
import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { elementAt } from '../element-at.ts'
import type { VehicleModel } from '../models.ts'
import { modelOf } from '../models.ts'
import type { Random } from '../random.ts'
import { createRandom, shuffled } from '../random.ts'
import type { NextSequence, ReadingSource } from '../reading-source.ts'
import type { RoadNetwork } from '../roads/road-network.ts'
import type { TownSize } from '../roads/town.ts'
import { createRoadNetwork } from '../roads/road-network.ts'
import { toVin } from '../vin.ts'
import type { GnssError } from './gnss.ts'
import { firstGnssError, laterGnssError, observe } from './gnss.ts'
import { Traffic } from './traffic.ts'
import { standingVehicle } from './vehicle.ts'

export type SimulationOptions = {
  /** Which vehicle of the seed is the first: several processes may share a fleet. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer. */
  readonly seed: number
  readonly origin: GeoPosition
  /** When the simulation begins, in microseconds since the Unix epoch. */
  readonly start: number
  readonly nextSequence: NextSequence
}

type Reporter = VehicleModel & {
  readonly vin: string
  /** The receiver's own stream, so that observing changes no drive. */
  readonly random: Random
  error: GnssError
  sequence: number
}

/** Seconds of one step of the simulation, at most. */
const longestStep = 0.25
/** Microseconds by which readings may come late; after a longer gap the drive goes on from now. */
const longestDelay = 5_000_000
const junctionsPerSide = { fewest: 12, vehiclesPerJunction: 10 }
/** Metres between standing vehicles at the start, and from the stop lines. */
const startGap = 30

/** The town in which so many vehicles have room. */
export function townSizeFor(fleet: Pick<SimulationOptions, 'numVehicles' | 'seed'>): TownSize {
  const { fewest, vehiclesPerJunction } = junctionsPerSide
  const side = Math.max(fewest, Math.ceil(Math.sqrt(fleet.numVehicles / vehiclesPerJunction)))
  return { side, seed: fleet.seed }
}

/**
 * Drives through a town that grows with the fleet. Vehicles step in turn, each after an even share of the
 * step's time, and report every so many turns, so that the reports too are spread evenly.
 * When a step is due is computed from the start and not from the last: nothing drifts.
 */
export class SimulatedDrives implements ReadingSource {
  readonly #options: SimulationOptions
  readonly #network: RoadNetwork
  readonly #traffic: Traffic
  readonly #reporters: readonly Reporter[]
  readonly #stepsPerReport: number
  /** Seconds of a step; a whole number of steps is a report interval. */
  readonly #dt: number
  #start: number
  #turn = 0
  #index = 0

  constructor(options: SimulationOptions) {
    const { firstVehicle, numVehicles, reportIntervalSeconds } = options
    this.#options = options
    this.#network = createRoadNetwork(townSizeFor(options))
    this.#traffic = startTraffic(this.#network, options)
    this.#reporters = Array.from({ length: numVehicles }, (_, index) =>
      newReporter(options, firstVehicle + index),
    )
    this.#stepsPerReport = Math.ceil(reportIntervalSeconds / longestStep)
    this.#dt = reportIntervalSeconds / this.#stepsPerReport
    this.#start = options.start
  }

  get vins(): readonly string[] {
    return this.#reporters.map(({ vin }) => vin)
  }

  get nextDue(): number {
    return this.#start + Math.round(this.#time * 1_000_000)
  }

  takeDue(now: number): Reading[] {
    const delay = now - this.nextDue
    if (Math.abs(delay) > longestDelay) this.#start += delay
    const readings: Reading[] = []
    while (this.nextDue <= now) {
      const reading = this.#stepOne()
      if (reading) readings.push(reading)
    }
    return readings
  }

  /** Seconds of driving until the next step. */
  get #time(): number {
    return (this.#turn + this.#index / this.#reporters.length) * this.#dt
  }

  #stepOne(): Reading | undefined {
    const [index, turn, recordedAt] = [this.#index, this.#turn, this.nextDue]
    this.#traffic.advance(index, { dt: this.#dt, time: this.#time })
    this.#index = (index + 1) % this.#reporters.length
    if (this.#index === 0) this.#turn += 1
    const reports = (turn + index) % this.#stepsPerReport === 0
    return reports ? this.#report(index, recordedAt) : undefined
  }

  #report(index: number, recordedAt: number): Reading {
    const { reportIntervalSeconds, origin } = this.#options
    const reporter = elementAt(this.#reporters, index)
    const { vin, make, model, sequence, random } = reporter
    reporter.sequence += 1
    reporter.error = laterGnssError(reporter.error, reportIntervalSeconds, random)
    const receiver = { network: this.#network, origin, error: reporter.error }
    const observation = observe(this.#traffic.state(index), receiver)
    return { vin, recordedAt, sequence, ...observation, make, model, metadata: null }
  }
}

function newReporter({ seed, nextSequence }: SimulationOptions, index: number): Reporter {
  const model = modelOf(index)
  const random = createRandom(seed, 2 * index)
  const vin = toVin(model.wmi, seed, index)
  const error = firstGnssError(random)
  return { ...model, vin, random, error, sequence: nextSequence(vin) }
}

/** All vehicles standing on lanes, apart from each other; the same place for the same index. */
function startTraffic(network: RoadNetwork, options: SimulationOptions): Traffic {
  const { firstVehicle, numVehicles, seed } = options
  const places = network.lanes.flatMap(({ id, path }) =>
    Array.from({ length: Math.floor(path.length / startGap) - 1 }, (_, at) => ({
      segment: id,
      offset: (at + 1) * startGap,
    })),
  )
  const order = shuffled(places, createRandom(seed, 0x73746172))
  const vehicles = Array.from({ length: numVehicles }, (_, own) => {
    const index = firstVehicle + own
    const place = elementAt(order, index % order.length)
    const random = createRandom(seed, 2 * index + 1)
    const state = standingVehicle(place, network, random)
    return { state, length: modelOf(index).length, random }
  })
  return new Traffic(network, vehicles)
}
