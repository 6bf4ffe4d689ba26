import type { Micros } from '../../services/telemetry/time.ts'
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
  /** Index of the first vehicle here. Several processes can share the fleet of one seed. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer. */
  readonly seed: number
  readonly origin: GeoPosition
  /** Start of the simulation, in microseconds since the Unix epoch. */
  readonly start: number
  readonly nextSequence: NextSequence
}

type Reporter = VehicleModel & {
  readonly vin: string
  /** A separate stream for the receiver, so that measuring does not change the drive. */
  readonly random: Random
  error: GnssError
  sequence: number
}

const maxStepSeconds = 0.25
/** A drive catches up on a delay up to this. After a longer gap it continues from now. */
const maxDelayMicros = 5_000_000
const junctionsPerSide = { minimum: 12, vehiclesPerJunction: 10 }
/** Distance between vehicles at the start, and to the stop lines. */
const startGapMetres = 30

/** The size of a town that has room for the fleet. */
export function townSizeFor(fleet: Pick<SimulationOptions, 'numVehicles' | 'seed'>): TownSize {
  const { minimum, vehiclesPerJunction } = junctionsPerSide
  const side = Math.max(minimum, Math.ceil(Math.sqrt(fleet.numVehicles / vehiclesPerJunction)))
  return { side, seed: fleet.seed }
}

/**
 * Simulated drives through a town whose size depends on the fleet. Vehicles step one after another,
 * spread evenly over the step's duration. Each reports after a fixed number of steps, so reports are
 * spread evenly too. Due times are computed from the start, not from the last step, to avoid drift.
 */
export class SimulatedDrives implements ReadingSource {
  readonly #options: SimulationOptions
  readonly #network: RoadNetwork
  readonly #traffic: Traffic
  readonly #reporters: readonly Reporter[]
  readonly #stepsPerReport: number
  /** Duration of a step in seconds. A report interval is a whole number of steps. */
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
    this.#stepsPerReport = Math.ceil(reportIntervalSeconds / maxStepSeconds)
    this.#dt = reportIntervalSeconds / this.#stepsPerReport
    this.#start = options.start
  }

  get vins(): readonly string[] {
    return this.#reporters.map(({ vin }) => vin)
  }

  get nextDue(): number {
    return this.#start + Math.round(this.#time * 1_000_000)
  }

  takeDue(now: Micros): Reading[] {
    const delay = now - this.nextDue
    if (Math.abs(delay) > maxDelayMicros) this.#start += delay
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

  #report(index: number, recordedAt: Micros): Reading {
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

/** Places all vehicles on lanes, with speed 0. The same index always gets the same place. */
function startTraffic(network: RoadNetwork, options: SimulationOptions): Traffic {
  const { firstVehicle, numVehicles, seed } = options
  const places = network.lanes.flatMap(({ id, path }) =>
    Array.from({ length: Math.floor(path.length / startGapMetres) - 1 }, (_, at) => ({
      segment: id,
      offset: (at + 1) * startGapMetres,
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
