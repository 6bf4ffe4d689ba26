import type { Running } from '../services/runtime/lifecycle.ts'
import type { Logger } from '../services/runtime/logger.ts'
import { errorFields } from '../services/runtime/logger.ts'
import type { GeoPosition } from '../services/telemetry/track/geo.ts'
import type { Clock } from '../services/runtime/clock.ts'
import { systemClock } from '../services/runtime/clock.ts'
import { originOf } from './address.ts'
import { SimulatedDrives, townSizeFor } from './driving/simulated-drives.ts'
import { writeRoads } from './roads/roads-geojson.ts'
import { createRandom } from './random.ts'
import type { NextSequence, ReadingSource } from './reading-source.ts'
import type { Trace } from './trace/parse-trace.ts'
import type { UplinkCounters } from './uplink/counters.ts'
import type { PostPort } from './uplink/http-post.ts'
import { HttpPost } from './uplink/http-post.ts'
import { openJournal } from './journal/open-journal.ts'
import type { Journal } from './uplink/journal.ts'
import { RetryPause } from './uplink/retry-pause.ts'
import { refusedFileWriter } from './uplink/refused-file.ts'
import { maxRequestsInFlight, Uplink } from './uplink/uplink.ts'

export type FleetOptions = {
  /** `HOST:PORT` of the ingress, or `https://HOST:PORT`. */
  readonly host: string
  /** Path of the endpoint, as `/events`. */
  readonly path: string
  /** Index of the first vehicle here. Several processes can share the fleet of one seed. */
  readonly firstVehicle: number
  readonly numVehicles: number
  readonly reportIntervalSeconds: number
  /** A 32-bit unsigned integer. The same seed gives the same VINs and drives. */
  readonly seed: number
  /** The centre of the simulated town. */
  readonly origin: GeoPosition
  /** A recorded drive, which every vehicle replays. */
  readonly trace?: Trace
  /** Bearer token. */
  readonly token?: string
  /** PEM text of the authorities that are trusted for `https:`; default: those that Node.js knows. */
  readonly ca?: string
  /** File to which the roads of the town are written, for maps. */
  readonly roadsFile?: string
  /** File to which permanently refused readings are written. */
  readonly refusedFile?: string
  /** Stores unacknowledged readings, and the used sequences across restarts. */
  readonly journal: { readonly folder: string; readonly megabytes: number }
  readonly logger: Logger
}

/** Dependencies that a test can replace. */
export type FleetPorts = {
  readonly clock?: Clock
  readonly post?: PostPort
  readonly journal?: Journal
}

export type Fleet = Running & {
  readonly vins: readonly string[]
  counters(): UplinkCounters
  /** Resolves when a recorded drive is over and fully settled. Never resolves for simulated drives. */
  readonly finished: Promise<void>
}

/** A backlog is sent `speed` times as fast as it was recorded, within bounds in readings a second. */
const backlog = { speed: 100, minimum: 100, maximum: 5_000 }
const requestTimeoutMs = 15_000
const drainTimeoutMs = 2_000
const progressIntervalMs = 60_000
const minWaitMs = 50
/** Longer waits are split, because a Node.js timer is limited to 24.8 days. */
const maxWaitMs = 3_600_000

/**
 * Starts a fleet in this process. All vehicles send through one uplink. Disposing stops the
 * vehicles and sends pending readings for up to 2 s; the rest stays in the journal.
 *
 * @throws JournalInUseError if another process uses the journal
 */
export async function startFleet(options: FleetOptions, ports: FleetPorts = {}): Promise<Fleet> {
  const { logger, seed, numVehicles } = options
  const clock = ports.clock ?? systemClock
  const createSource = await prepareSource(options, clock)
  const journal = ports.journal ?? openJournal({ ...options.journal, clock, logger })
  const source = createSource((vin) => journal.nextSequence(vin))
  const uplink = createUplink(options, journal, { ...ports, clock })
  const stop = new AbortController()
  logger.info(
    { seed, numVehicles, host: options.host, trace: options.trace?.file },
    'fleet-started',
  )
  const progress = setInterval(() => {
    logger.info(uplink.counters, 'fleet-progress')
  }, progressIntervalMs).unref()

  uplink.start()
  const loop = drive(source, uplink, { clock, signal: stop.signal })
  const finished = new Promise<void>((resolve, reject) => {
    loop
      .then(async () => {
        if (stop.signal.aborted) return
        await uplink.whenEmpty()
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
      await uplink.drain(drainTimeoutMs)
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
    if (roadsFile !== undefined) tryWriteRoads(options, roadsFile)
    return (nextSequence) => new SimulatedDrives({ ...options, start, nextSequence })
  }
  const { ReplayedDrives } = await import('./trace/replayed-drives.ts')
  const { fixes } = options.trace
  return (nextSequence) => new ReplayedDrives({ ...options, fixes, start, nextSequence })
}

/** The fleet runs without the file too: a map without roads is better than no fleet. */
function tryWriteRoads(options: FleetOptions, file: string): void {
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
  const { logger, token, ca, refusedFile, numVehicles, reportIntervalSeconds } = options
  const url = new URL(options.path, originOf(options.host))
  const http = { url, timeoutMs: requestTimeoutMs, maxSockets: maxRequestsInFlight }
  const scaledRate = (numVehicles / reportIntervalSeconds) * backlog.speed
  return new Uplink({
    post:
      post ??
      new HttpPost({
        ...http,
        ...(token !== undefined && { token }),
        ...(ca !== undefined && { ca }),
      }),
    backlogPerSecond: Math.min(Math.max(scaledRate, backlog.minimum), backlog.maximum),
    journal,
    retryPause: new RetryPause(clock, createRandom(clock.now() % 2 ** 32)),
    clock,
    logger,
    ...(refusedFile !== undefined && { writeRefused: refusedFileWriter(refusedFile) }),
  })
}

type LoopContext = { readonly clock: Clock; readonly signal: AbortSignal }

/** Passes readings to the uplink as they become due, until the source ends or the signal aborts. */
async function drive(source: ReadingSource, uplink: Uplink, context: LoopContext): Promise<void> {
  while (!context.signal.aborted) {
    await uplink.record(source.takeDue(context.clock.now()))
    const { nextDue } = source
    if (nextDue === undefined) return
    const wait = Math.ceil((nextDue - context.clock.now()) / 1000)
    await pause(Math.min(Math.max(minWaitMs, wait), maxWaitMs), context)
  }
}

function pause(durationMs: number, { clock, signal }: LoopContext): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancelTimer()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancelTimer = clock.after(durationMs, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
