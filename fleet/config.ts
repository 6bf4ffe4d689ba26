import { EnvironmentError, EnvironmentReader } from '../services/runtime/env.ts'
import { isIngressAddress } from './address.ts'
import type { FleetOptions } from './fleet.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type FleetConfig = Omit<FleetOptions, 'logger' | 'trace' | 'ca'> & {
  readonly logLevel: string
  /** A CSV or GPX file of a recorded drive. */
  readonly traceFile?: string
  /** A PEM file with the authorities that are trusted for `https:`. */
  readonly caFile?: string
}

/** Throws EnvironmentError that lists every invalid value. */
export function readConfig(environment: Environment): FleetConfig {
  const config = readEnvironment(environment)
  const faults = rules.flatMap(([name, expected, isValid]) =>
    isValid(config) ? [] : [`${name} is "${environment[name] ?? ''}"; it should be ${expected}.`],
  )
  if (faults.length > 0) throw new EnvironmentError(faults)
  return config
}

function readEnvironment(environment: Environment): FleetConfig {
  const read = new EnvironmentReader(environment)
  const names = ['FLEET_TRACE_FILE', 'FLEET_REFUSED_FILE', 'FLEET_ROADS_FILE', 'FLEET_CA_FILE']
  const [traceFile, refusedFile, roadsFile, caFile] = names.map((name) => read.optionalText(name))
  const token = read.optionalToken('FLEET_TOKEN_FILE')
  return read.finish({
    logLevel: read.text('LOG_LEVEL', expected.logLevel),
    host: read.text('FLEET_HOST', expected.host),
    path: read.text('FLEET_EVENTS_PATH', expected.path),
    firstVehicle: read.number('FLEET_FIRST_VEHICLE', expected.firstVehicle),
    numVehicles: read.number('FLEET_NUM_VEHICLES', expected.numVehicles),
    reportIntervalSeconds: read.number('FLEET_REPORT_INTERVAL_SECONDS', expected.interval),
    seed: read.number('FLEET_SEED', expected.seed),
    origin: {
      latitude: read.number('FLEET_ORIGIN_LATITUDE', expected.latitude),
      longitude: read.number('FLEET_ORIGIN_LONGITUDE', expected.longitude),
      altitude: read.number('FLEET_ORIGIN_ALTITUDE', expected.altitude),
    },
    journal: {
      folder: read.text('FLEET_JOURNAL_FOLDER', 'a folder for the journal'),
      megabytes: read.number('FLEET_JOURNAL_MEGABYTES', expected.journal),
    },
    ...(traceFile !== undefined && { traceFile }),
    ...(token !== undefined && { token }),
    ...(refusedFile !== undefined && { refusedFile }),
    ...(roadsFile !== undefined && { roadsFile }),
    ...(caFile !== undefined && { caFile }),
  })
}

const levels = ['error', 'warn', 'info', 'debug']

const expected = {
  logLevel: 'error, warn, info or debug',
  host: 'the ingress as HOST:PORT or https://HOST:PORT, e.g. 127.0.0.1:5001',
  path: 'the path of the endpoint, e.g. /events',
  firstVehicle: 'a whole number from 0 to 979999',
  numVehicles: 'a whole number from 1 to 20000',
  interval: 'seconds from 0.05 to 3600',
  seed: 'a whole number from 0 to 4294967295',
  latitude: 'degrees from -89 to 89',
  longitude: 'degrees from -180 to 180',
  altitude: 'metres from -10000 to 100000',
  journal: 'a whole number from 1 to 65536',
}

type Rule = readonly [name: string, expected: string, isValid: (config: FleetConfig) => boolean]

const rules: readonly Rule[] = [
  ['LOG_LEVEL', expected.logLevel, ({ logLevel }) => levels.includes(logLevel)],
  ['FLEET_HOST', expected.host, ({ host }) => isIngressAddress(host)],
  ['FLEET_EVENTS_PATH', expected.path, ({ path }) => /^\/[^\s/]\S*$/.test(path)],
  ['FLEET_FIRST_VEHICLE', expected.firstVehicle, (c) => isWhole(c.firstVehicle, 0, 979_999)],
  ['FLEET_NUM_VEHICLES', expected.numVehicles, (c) => isWhole(c.numVehicles, 1, 20_000)],
  [
    'FLEET_REPORT_INTERVAL_SECONDS',
    expected.interval,
    (c) => isWithin(c.reportIntervalSeconds, 0.05, 3600),
  ],
  ['FLEET_SEED', expected.seed, ({ seed }) => isWhole(seed, 0, 2 ** 32 - 1)],
  ['FLEET_ORIGIN_LATITUDE', expected.latitude, (c) => isWithin(c.origin.latitude, -89, 89)],
  ['FLEET_ORIGIN_LONGITUDE', expected.longitude, (c) => isWithin(c.origin.longitude, -180, 180)],
  ['FLEET_ORIGIN_ALTITUDE', expected.altitude, (c) => isWithin(c.origin.altitude, -1e4, 1e5)],
  ['FLEET_JOURNAL_MEGABYTES', expected.journal, (c) => isWhole(c.journal.megabytes, 1, 65_536)],
]

function isWhole(value: number, minimum: number, maximum: number): boolean {
  return Number.isInteger(value) && isWithin(value, minimum, maximum)
}

function isWithin(value: number, minimum: number, maximum: number): boolean {
  return value >= minimum && value <= maximum
}
