import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { Fleet, FleetOptions } from '../fleet/fleet.ts'
import { startFleet } from '../fleet/fleet.ts'
import { TraceError } from '../fleet/trace/trace-error.ts'
import type { PlatformConfig } from '../infra/config.ts'
import { ConfigError, loadConfig } from '../infra/config.ts'
import { MachineError } from '../infra/machine-error.ts'
import { runningPlatform } from '../infra/local/run-record.ts'
import { createLog } from '../services/runtime/log.ts'
import { sleep } from '../services/runtime/retry.ts'
import { folders, masterConfig, root, userPath } from './local-access.ts'

type Options = {
  readonly numVehicles?: number
  readonly host?: string
  readonly reportInterval?: number
  readonly seed?: number
  readonly trace?: string
  readonly tokenFile?: string
  readonly verbose: boolean
}

/** Milliseconds between two lines about what has been sent. */
const reportEvery = 5_000

function parseOptions(args: readonly string[]): Options {
  return new Command('npm run fleet --')
    .description(
      'Adds vehicles to a running platform, on this machine or another; Ctrl-C stops them.',
    )
    .option('-n, --num-vehicles <count>', 'vehicles to add', numberFrom(1, 20_000, true))
    .option('--host <host:port>', 'ingress of the platform', hostAndPort)
    .option(
      '--report-interval <seconds>',
      'seconds between two readings of a vehicle',
      numberFrom(0.05, 3600),
    )
    .option(
      '--seed <number>',
      'same seed, same vehicles and drives',
      numberFrom(0, 2 ** 32 - 1, true),
    )
    .option('--trace <file>', 'replay a recorded drive, CSV or GPX, with its times shifted to now')
    .option('--token-file <file>', 'file with the bearer token of the platform')
    .option('-v, --verbose', 'log every event', false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Options>()
}

function numberFrom(minimum: number, maximum: number, whole = false): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const fits = value >= minimum && value <= maximum && (!whole || Number.isInteger(value))
    if (text.trim() !== '' && fits) return value
    const kind = whole ? 'a whole number' : 'a number'
    throw new InvalidArgumentError(`Expected ${kind} from ${minimum} to ${maximum}.`)
  }
}

function hostAndPort(text: string): string {
  const port = Number(/^[^\s/]+:(\d+)$/.exec(text)?.[1] ?? 0)
  if (port >= 1 && port <= 65_535) return text
  throw new InvalidArgumentError('Expected HOST:PORT, e.g. 192.168.1.10:5001.')
}

/** `npm run fleet`: resolves to the exit code once the vehicles have stopped. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const options = parseOptions(args)
    const config = runningPlatform(folders().state)?.config ?? loadConfig(masterConfig)
    return await launch(options, config, signal)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    if (!isMistake(error)) throw error
    say(error.message)
    return 1
  }
}

function isMistake(error: unknown): error is Error {
  return [ConfigError, TraceError, MachineError].some((kind) => error instanceof kind)
}

async function launch(
  options: Options,
  config: PlatformConfig,
  signal: AbortSignal,
): Promise<number> {
  const settings = toFleetOptions(options, config)
  const { host, path, seed, numVehicles } = settings
  const fleet = await startFleet(settings)
  const vehicles = numVehicles === 1 ? '1 vehicle' : `${numVehicles} vehicles`
  const verb = numVehicles === 1 ? 'reports' : 'report'
  say(`${vehicles} from the seed ${seed} ${verb} to http://${host}${path}; Ctrl-C stops them.`)
  const reason = await reportUntilOver(fleet, signal)
  await fleet[Symbol.asyncDispose]()
  say(`${reason}: ${summaryOf(fleet)}.`)
  return fleet.counters().pending === 0 ? 0 : 1
}

/** What the command line says, else what the configuration says. */
function toFleetOptions(options: Options, { fleet, ingress }: PlatformConfig): FleetOptions {
  const { trace, verbose } = options
  const token = readToken(options.tokenFile, ingress.tokenFile)
  return {
    host: options.host ?? `127.0.0.1:${ingress.hostPort}`,
    path: ingress.path,
    // A recorded drive is one vehicle's, unless somebody wants it more often.
    numVehicles: options.numVehicles ?? (trace === undefined ? fleet.numVehicles : 1),
    reportIntervalSeconds: options.reportInterval ?? fleet.reportIntervalSeconds,
    seed: options.seed ?? randomInt(2 ** 32),
    origin: fleet.origin,
    log: createLog('fleet', verbose ? 'debug' : 'silent'),
    ...(trace !== undefined && { trace: userPath(trace) }),
    ...(token !== undefined && { token }),
  }
}

/** From the file on the command line, else from the one of the configuration, else none. */
function readToken(given: string | undefined, configured: string): string | undefined {
  if (given === undefined && configured === '') return undefined
  const file = given === undefined ? resolve(root, configured) : userPath(given)
  const expected = 'expected a file with the bearer token of the platform'
  try {
    const token = readFileSync(file, 'utf8').trim()
    if (token !== '') return token
  } catch (error) {
    throw new MachineError(`${file} cannot be read (${(error as Error).message}); ${expected}.`)
  }
  throw new MachineError(`${file} is empty; ${expected}.`)
}

/** A line every few seconds, until the signal or the end of a recorded drive; answers which. */
async function reportUntilOver(fleet: Fleet, signal: AbortSignal): Promise<string> {
  const drive = new AbortController()
  const endDrive = (): void => {
    drive.abort()
  }
  fleet.finished.then(endDrive, endDrive)
  const over = AbortSignal.any([signal, drive.signal])
  await sleep(reportEvery, over)
  while (!over.aborted) {
    say(`  ${summaryOf(fleet)}`)
    await sleep(reportEvery, over)
  }
  await Promise.race([fleet.failed, Promise.resolve()])
  return signal.aborted ? 'Stopped' : 'The drive is over'
}

function summaryOf(fleet: Fleet): string {
  const { acknowledged, refused, dropped, pending, lastError } = fleet.counters()
  const refusals = Object.values(refused).reduce((sum, count) => sum + count, 0)
  const trouble = pending > 0 && lastError !== undefined ? `; last error: ${lastError}` : ''
  const parts = [`${acknowledged} acknowledged`, `${pending} waiting`]
  if (refusals > 0) parts.push(`${refusals} refused (${Object.keys(refused).join(', ')})`)
  if (dropped > 0) parts.push(`${dropped} dropped`)
  return `${parts.join(', ')}${trouble}`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
