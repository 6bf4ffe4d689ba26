import { EnvironmentError, EnvironmentReader } from '../services/runtime/env.ts'
import type { FleetOptions } from './fleet.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type FleetConfig = Omit<FleetOptions, 'logger'> & { readonly logLevel: string }

/** Throws EnvironmentError with every fault. */
export function readConfig(environment: Environment): FleetConfig {
  const config = readEnvironment(environment)
  const faults = rules.flatMap(([name, wanted, holds]) =>
    holds(config) ? [] : [`${name} is "${environment[name] ?? ''}"; it should be ${wanted}.`],
  )
  if (faults.length > 0) throw new EnvironmentError(faults)
  return config
}

function readEnvironment(environment: Environment): FleetConfig {
  const read = new EnvironmentReader(environment)
  const names = ['FLEET_TRACE_FILE', 'FLEET_REFUSED_FILE', 'FLEET_ROADS_FILE']
  const [trace, refusedFile, roadsFile] = names.map((name) => read.optionalText(name))
  const token = read.optionalFileContent('FLEET_TOKEN_FILE', 'a file with the bearer token')
  return read.finish({
    logLevel: read.text('LOG_LEVEL', wanted.logLevel),
    host: read.text('FLEET_HOST', wanted.host),
    path: read.text('FLEET_EVENTS_PATH', wanted.path),
    firstVehicle: read.number('FLEET_FIRST_VEHICLE', wanted.firstVehicle),
    numVehicles: read.number('FLEET_NUM_VEHICLES', wanted.numVehicles),
    reportIntervalSeconds: read.number('FLEET_REPORT_INTERVAL_SECONDS', wanted.interval),
    seed: read.number('FLEET_SEED', wanted.seed),
    origin: {
      latitude: read.number('FLEET_ORIGIN_LATITUDE', wanted.latitude),
      longitude: read.number('FLEET_ORIGIN_LONGITUDE', wanted.longitude),
      altitude: read.number('FLEET_ORIGIN_ALTITUDE', wanted.altitude),
    },
    journal: {
      folder: read.text('FLEET_JOURNAL_FOLDER', 'a folder for the journal'),
      megabytes: read.number('FLEET_JOURNAL_MEGABYTES', wanted.journal),
    },
    ...(trace !== undefined && { trace }),
    ...(token !== undefined && { token }),
    ...(refusedFile !== undefined && { refusedFile }),
    ...(roadsFile !== undefined && { roadsFile }),
  })
}

const levels = ['error', 'warn', 'info', 'debug']

const wanted = {
  logLevel: 'error, warn, info or debug',
  host: 'the ingress as HOST:PORT, e.g. 127.0.0.1:5001',
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

type Rule = readonly [name: string, wanted: string, holds: (config: FleetConfig) => boolean]

const rules: readonly Rule[] = [
  ['LOG_LEVEL', wanted.logLevel, ({ logLevel }) => levels.includes(logLevel)],
  ['FLEET_HOST', wanted.host, ({ host }) => isHostAndPort(host)],
  ['FLEET_EVENTS_PATH', wanted.path, ({ path }) => /^\/[^\s/]\S*$/.test(path)],
  ['FLEET_FIRST_VEHICLE', wanted.firstVehicle, (c) => isWhole(c.firstVehicle, 0, 979_999)],
  ['FLEET_NUM_VEHICLES', wanted.numVehicles, (c) => isWhole(c.numVehicles, 1, 20_000)],
  [
    'FLEET_REPORT_INTERVAL_SECONDS',
    wanted.interval,
    (c) => isWithin(c.reportIntervalSeconds, 0.05, 3600),
  ],
  ['FLEET_SEED', wanted.seed, ({ seed }) => isWhole(seed, 0, 2 ** 32 - 1)],
  ['FLEET_ORIGIN_LATITUDE', wanted.latitude, (c) => isWithin(c.origin.latitude, -89, 89)],
  ['FLEET_ORIGIN_LONGITUDE', wanted.longitude, (c) => isWithin(c.origin.longitude, -180, 180)],
  ['FLEET_ORIGIN_ALTITUDE', wanted.altitude, (c) => isWithin(c.origin.altitude, -1e4, 1e5)],
  ['FLEET_JOURNAL_MEGABYTES', wanted.journal, (c) => isWhole(c.journal.megabytes, 1, 65_536)],
]

/** Whether a text is `HOST:PORT`, an IPv6 address in brackets. */
export function isHostAndPort(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)?.[1]
  return isWhole(Number(port), 1, 65_535) && URL.canParse(`http://${text}`)
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && isWithin(value, least, most)
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most
}
