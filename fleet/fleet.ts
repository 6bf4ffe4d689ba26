import type { Running } from '../services/runtime/lifecycle.ts'
import type { Log } from '../services/runtime/log.ts'
import type { GeoPosition } from '../services/telemetry/geo.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import { SimulatedDrives } from './driving/simulated-drives.ts'
import { createRandom } from './random.ts'
import type { ReadingSource } from './reading-source.ts'
import type { PostPort } from './uplink/http-post.ts'
import { HttpPost } from './uplink/http-post.ts'
import type { Journal } from './uplink/journal.ts'
import { MemoryJournal } from './uplink/journal.ts'
import { Pauses } from './uplink/pauses.ts'
import { keepInFile } from './uplink/refused-file.ts'
import type { UplinkCounters } from './uplink/uplink.ts'
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
  /** Where readings that were refused for good are put down. */
  readonly refusedFile?: string
  readonly log: Log
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

/** In readings; about 80 MB. */
const journalCapacity = 200_000
/** Milliseconds. */
const requestTimeout = 15_000
const drainTime = 2_000
const progressInterval = 60_000
const shortestWait = 50

/**
 * Starts a fleet in this process: every vehicle reports from now on, through one uplink. Disposing
 * stops the vehicles and sends what is pending for up to 2 s.
 *
 * @throws TraceError where the recorded drive cannot be replayed
 */
export async function startFleet(options: FleetOptions, ports: FleetPorts = {}): Promise<Fleet> {
  const { log, seed, numVehicles } = options
  const clock = ports.clock ?? systemClock
  const source = await createSource(options, clock)
  const uplink = createUplink(options, clock, ports)
  const stop = new AbortController()
  log.info({ seed, numVehicles, host: options.host, trace: options.trace }, 'fleet-started')
  const progress = setInterval(() => {
    log.info(uplink.counters, 'fleet-progress')
  }, progressInterval).unref()

  const loop = drive(source, uplink, { clock, signal: stop.signal })
  const finished = new Promise<void>((resolve, reject) => {
    loop
      .then(async () => {
        if (stop.signal.aborted) return
        await uplink.empty()
        log.info(uplink.counters, 'fleet-finished')
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
      const lost = await uplink.drain(drainTime)
      if (lost > 0) log.warn({ lost }, 'fleet-readings-lost')
      log.info(uplink.counters, 'fleet-stopped')
    },
  }
}

async function createSource(options: FleetOptions, clock: Clock): Promise<ReadingSource> {
  if (options.trace === undefined) return new SimulatedDrives({ ...options, start: clock.now() })
  // Most vehicles replay nothing; the readers of the formats would take megabytes in each of them.
  const { readTrace } = await import('./trace/read-trace.ts')
  const { ReplayedDrives } = await import('./trace/replayed-drives.ts')
  const fixes = await readTrace(options.trace)
  return new ReplayedDrives({ ...options, fixes, start: clock.now() })
}

function createUplink(options: FleetOptions, clock: Clock, ports: FleetPorts): Uplink {
  const { log, token, refusedFile } = options
  const url = new URL(options.path, `http://${options.host}`)
  const http = { url, timeout: requestTimeout, maxSockets: maxRequestsInFlight }
  return new Uplink({
    post: ports.post ?? new HttpPost({ ...http, ...(token !== undefined && { token }) }),
    journal: ports.journal ?? new MemoryJournal(journalCapacity),
    pauses: new Pauses(clock, createRandom(clock.now() % 2 ** 32)),
    clock,
    log,
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
    await pause(Math.max(shortestWait, wait), until)
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
