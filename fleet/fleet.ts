import type { Running } from '../services/runtime/lifecycle.ts'
import type { Logger } from '../services/runtime/logger.ts'
import { errorFields } from '../services/runtime/logger.ts'
import type { GeoPosition } from '../services/telemetry/track/geo.ts'
import type { Clock } from '../services/runtime/clock.ts'
import { systemClock } from '../services/runtime/clock.ts'
import { SimulatedDrives, townSizeFor } from './driving/simulated-drives.ts'
import { writeRoads } from './roads/roads-geojson.ts'
import { createRandom } from './random.ts'
import type { NextSequence, ReadingSource } from './reading-source.ts'
import type { UplinkCounters } from './uplink/counters.ts'
import type { PostPort } from './uplink/http-post.ts'
import { HttpPost } from './uplink/http-post.ts'
import { openJournal } from './journal/open-journal.ts'
import type { Journal } from './uplink/journal.ts'
import { Pauses } from './uplink/pauses.ts'
import { keepInFile } from './uplink/refused-file.ts'
import { maxRequestsInFlight, Uplink } from './uplink/uplink.ts'

export type FleetOptions = {
  /** `HOST:PORT` of the ingress. */
  readonly host: string
  /** Path of the endpoint, as `/events`. */
  readonly path: string
  /** Which vehicle of the seed is the first here: several processes may share a fleet. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer: the same one gives the same VINs and drives. */
  readonly seed: number
  /** The middle of the simulated town. */
  readonly origin: GeoPosition
  /** A CSV or GPX file of a recorded drive, which every vehicle replays. */
  readonly trace?: string
  /** Bearer token. */
  readonly token?: string
  /** Where the roads are put down that the vehicles drive on, for maps. */
  readonly roadsFile?: string
  /** Where readings that were refused for good are put down. */
  readonly refusedFile?: string
  /** Keeps what is not yet acknowledged, and from start to start which sequences were used. */
  readonly journal: { readonly folder: string; readonly megabytes: number }
  readonly logger: Logger
}

/** What a test may put in place of the real thing. */
export type FleetPorts = {
  readonly clock?: Clock
  readonly post?: PostPort
  readonly journal?: Journal
}

export type Fleet = Running & {
  readonly vins: readonly string[]
  counters(): UplinkCounters
  /** Resolves when a recorded drive is over and all of it is settled; never for simulated drives. */
  readonly finished: Promise<void>
}

/** How much faster than it was made a backlog leaves, in readings a second within these bounds. */
const backlog = { speed: 100, least: 100, most: 5_000 }
/** Milliseconds. */
const requestTimeout = 15_000
const drainTime = 2_000
const progressInterval = 60_000
const shortestWait = 50
/** Then it is looked again: a timer takes no more than 24.8 days. */
const longestWait = 3_600_000

/**
 * Starts a fleet in this process: every vehicle reports from now on, through one uplink. Disposing
 * stops the vehicles and sends what is pending for up to 2 s; what is left stays in the journal.
 *
 * @throws TraceError where the recorded drive cannot be replayed
 * @throws JournalInUseError where another process has the journal
 */
export async function startFleet(options: FleetOptions, ports: FleetPorts = {}): Promise<Fleet> {
  const { logger, seed, numVehicles } = options
  const clock = ports.clock ?? systemClock
  const createSource = await prepareSource(options, clock)
  const journal = ports.journal ?? openJournal({ ...options.journal, clock, logger })
  const source = createSource((vin) => journal.nextSequence(vin))
  const uplink = createUplink(options, journal, { ...ports, clock })
  const stop = new AbortController()
  logger.info({ seed, numVehicles, host: options.host, trace: options.trace }, 'fleet-started')
  const progress = setInterval(() => {
    logger.info(uplink.counters, 'fleet-progress')
  }, progressInterval).unref()

  uplink.begin()
  const loop = drive(source, uplink, { clock, signal: stop.signal })
  const finished = new Promise<void>((resolve, reject) => {
    loop
      .then(async () => {
        if (stop.signal.aborted) return
        await uplink.empty()
        logger.info(uplink.counters, 'fleet-finished')
        resolve()
      })
      .catch(reject)
  })
  return {
    vins: source.vins,
    counters: () => uplink.counters,
    finished,
    failed: new Promise<never>((_, reject) => {
      finished.catch(reject)
    }),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      clearInterval(progress)
      await Promise.allSettled([loop])
      await uplink.drain(drainTime)
      await journal.close()
      const { unsaved } = uplink.counters
      if (unsaved > 0) logger.warn({ lost: unsaved }, 'fleet-readings-lost')
      logger.info(uplink.counters, 'fleet-stopped')
    },
  }
}

type CreateSource = (nextSequence: NextSequence) => ReadingSource

async function prepareSource(options: FleetOptions, clock: Clock): Promise<CreateSource> {
  const start = clock.now()
  if (options.trace === undefined) {
    const { roadsFile } = options
    if (roadsFile !== undefined) putDownRoads(options, roadsFile)
    return (nextSequence) => new SimulatedDrives({ ...options, start, nextSequence })
  }
  // Most vehicles replay nothing; the readers of the formats would take megabytes in each of them.
  const { readTrace } = await import('./trace/read-trace.ts')
  const { ReplayedDrives } = await import('./trace/replayed-drives.ts')
  const fixes = await readTrace(options.trace)
  return (nextSequence) => new ReplayedDrives({ ...options, fixes, start, nextSequence })
}

/** A map without roads is no reason not to drive. */
function putDownRoads(options: FleetOptions, file: string): void {
  try {
    writeRoads(file, townSizeFor(options), options.origin)
  } catch (error) {
    options.logger.warn({ ...errorFields(error), file }, 'fleet-roads-not-written')
  }
}

function createUplink(
  options: FleetOptions,
  journal: Journal,
  { clock = systemClock, post }: FleetPorts,
): Uplink {
  const { logger, token, refusedFile, numVehicles, reportIntervalSeconds } = options
  const url = new URL(options.path, `http://${options.host}`)
  const http = { url, timeout: requestTimeout, maxSockets: maxRequestsInFlight }
  const catchingUp = (numVehicles / reportIntervalSeconds) * backlog.speed
  return new Uplink({
    post: post ?? new HttpPost({ ...http, ...(token !== undefined && { token }) }),
    backlogPerSecond: Math.min(Math.max(catchingUp, backlog.least), backlog.most),
    journal,
    pauses: new Pauses(clock, createRandom(clock.now() % 2 ** 32)),
    clock,
    logger,
    ...(refusedFile !== undefined && { keepRefused: keepInFile(refusedFile) }),
  })
}

type Until = { readonly clock: Clock; readonly signal: AbortSignal }

/** Hands readings to the uplink as they become due, until the source ends or the signal aborts. */
async function drive(source: ReadingSource, uplink: Uplink, until: Until): Promise<void> {
  while (!until.signal.aborted) {
    await uplink.record(source.takeDue(until.clock.now()))
    const { nextDue } = source
    if (nextDue === undefined) return
    const wait = Math.ceil((nextDue - until.clock.now()) / 1000)
    await pause(Math.min(Math.max(shortestWait, wait), longestWait), until)
  }
}

function pause(milliseconds: number, { clock, signal }: Until): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      callOff()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const callOff = clock.after(milliseconds, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
