import { basename } from 'node:path'
import { originOf } from '../../../fleet/address.ts'
import { townSizeFor } from '../../../fleet/driving/simulated-drives.ts'
import { roadsGeoJson } from '../../../fleet/roads/roads-geojson.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { askEngine } from '../../../infra/docker/engine/engine.ts'
import { nameOf } from '../../../infra/docker/names.ts'
import { secretFolder } from '../../../infra/containers/placement.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import type { VehicleContainer } from '../../../infra/docker/vehicles.ts'
import {
  buildVehicleImage,
  secretVolume,
  writeRoads,
  writeToken,
  removeVehicles,
  startVehicles,
  thisMachine,
  vehicleContainers,
} from '../../../infra/docker/vehicles.ts'
import { UserError } from '../../../infra/checks/user-error.ts'
import { addressText, ingressAddress } from '../../../infra/topology/addresses.ts'
import { vehiclesPlan } from '../../../infra/topology/topology.ts'
import { countNoun } from '../../fleet/fleet-in-process.ts'
import { root } from '../../platform/paths.ts'
import { print } from '../../cli/output.ts'
import type { VehicleRunner, WantedVehicles } from '../target.ts'

/** Vehicles for this engine. */
type ContainerFleet = Omit<WantedVehicles, 'host' | 'token'> & {
  /** The address of an ingress elsewhere; undefined for the platform on this engine. */
  readonly host: string | undefined
  /** The bearer token; undefined for that of the platform on this engine, or if there is none. */
  readonly token: string | undefined
}

export const vehicles: VehicleRunner = {
  takes: () => true,
  start: async (wanted, signal) => {
    await askEngine()
    return driveInContainers(await toContainerFleet(wanted), signal)
  },
  takeDown: async (config) => {
    await askEngine()
    return takeDown(config)
  },
}

async function toContainerFleet(wanted: WantedVehicles): Promise<ContainerFleet> {
  const host = hostForContainers(wanted)
  // The platform's token is in a volume of this engine.
  const isWithPlatform = host === undefined && wanted.tokenFile === undefined
  return { ...wanted, host, token: isWithPlatform ? undefined : await wanted.token() }
}

/** Undefined if the platform runs on the same engine. */
function hostForContainers({ host, platform }: WantedVehicles): string | undefined {
  if (host !== undefined || platform?.unit === 'container') return host
  if (platform?.unit === 'process') return addressText(ingressAddress(platform.config))
  throw new UserError(
    'No platform is running on this machine. Start one with npm start or pulumi up, or give the address of one with --host HOST:PORT or --host https://HOST:PORT.',
  )
}

/** Starts the containers and returns; resolves to the exit code. */
async function driveInContainers(wanted: ContainerFleet, signal: AbortSignal): Promise<number> {
  const { config, seed } = wanted
  await requireFreshSeed(wanted)
  print('Building the image of the vehicle ...')
  const image = await buildVehicleImage(root, config)
  const containers = await toContainers(wanted, image)
  await showRoads(wanted, image)
  const started: string[] = []
  try {
    // One after another: if several join a network at the same time, the engine may miscount them
    // and
    // then refuses to remove the network until it is restarted (moby/moby#42119).
    for (const container of containers) {
      if (signal.aborted) break
      await startVehicles(container, image, config)
      started.push(container.suffix)
    }
  } catch (error) {
    throw new UserError(
      `${(error as Error).message}\n${countNoun(started.length, 'container')} had started. Remove them with npm run fleet -- --in docker --down.`,
    )
  }
  await requireRunning(config)
  const [first] = containers
  const vehicles = `${countNoun(wanted.numVehicles, 'vehicle')} in ${countNoun(started.length, 'container')}`
  const address = `${originOf(first?.plan.env['FLEET_HOST'] ?? '')}${config.ingress.path}`
  print(
    `${vehicles} with seed ${seed} report to ${address}. Remove them with npm run fleet -- --in docker --down.`,
  )
  return signal.aborted ? 1 : 0
}

/** Removes all vehicles. Resolves to the exit code. */
async function takeDown(config: PlatformConfig): Promise<number> {
  const count = await removeVehicles(config)
  print(
    count === 0 ? 'There are no vehicle containers.' : `Removed ${countNoun(count, 'container')}.`,
  )
  return 0
}

async function requireFreshSeed({ config, seed }: ContainerFleet): Promise<void> {
  const prefix = nameOf(config, `vehicle-${seed}-`)
  const present = await vehicleContainers(config)
  if (!present.some(({ name }) => name.startsWith(prefix))) return
  throw new UserError(
    `Vehicles with seed ${seed} already exist. Remove them with npm run fleet -- --in docker --down, or choose another --seed.`,
  )
}

async function requireRunning(config: PlatformConfig): Promise<void> {
  const vehicles = await vehicleContainers(config)
  const [notRunning] = vehicles.filter(({ status }) => !/^(Up|Exited \(0\))/.test(status))
  if (!notRunning) return
  throw new UserError(
    `${notRunning.name} is not running (${notRunning.status}). See docker logs ${notRunning.name}. Remove all with npm run fleet -- --in docker --down.`,
  )
}

/** Gives the dashboard of this engine the roads of the vehicles. A recorded drive has no roads. */
async function showRoads(wanted: ContainerFleet, image: string): Promise<void> {
  const { config, seed, host, trace } = wanted
  if (host !== undefined || trace !== undefined) return
  // Each container simulates its own town. All are alike, except a last one with fewer vehicles.
  const numVehicles = Math.min(wanted.numVehicles, wanted.vehiclesPerContainer)
  const roads = roadsGeoJson(townSizeFor({ numVehicles, seed }), config.fleet.origin)
  await writeRoads(JSON.stringify(roads), image, config)
}

async function toContainers(wanted: ContainerFleet, image: string): Promise<VehicleContainer[]> {
  const { config, seed, numVehicles, vehiclesPerContainer } = wanted
  const placement = dockerPlacement(config)
  const token = await tokenOf(wanted, image)
  const env = envOverPlan(wanted, token?.secret)
  const common = {
    network: wanted.host === undefined ? config.network.name : undefined,
    token,
    trace: wanted.trace === undefined ? undefined : mountedTrace(wanted.trace),
    ca: wanted.caFile === undefined ? undefined : { file: wanted.caFile, path: caPath },
  }
  return Array.from({ length: Math.ceil(numVehicles / vehiclesPerContainer) }, (_, index) => {
    const firstVehicle = index * vehiclesPerContainer
    const share = Math.min(vehiclesPerContainer, numVehicles - firstVehicle)
    const plan = vehiclesPlan(config, placement, { seed, firstVehicle, numVehicles: share })
    return {
      ...common,
      plan: { ...plan, env: { ...withoutToken(plan.env), ...env } },
      suffix: `${seed}-${firstVehicle}`,
      numVehicles: share,
    }
  })
}

const caPath = '/run/ca.pem'

/** The file of the plan is that of the platform, whose token is not sent elsewhere. */
function withoutToken({ FLEET_TOKEN_FILE: _, ...env }: Readonly<Record<string, string>>) {
  return env
}

function envOverPlan(
  { host, trace, caFile, verbose }: ContainerFleet,
  secret: string | undefined,
): Record<string, string> {
  return {
    ...(secret !== undefined && { FLEET_TOKEN_FILE: `${secretFolder(secret)}/secret` }),
    ...(host !== undefined && { FLEET_HOST: fromContainer(host) }),
    ...(trace !== undefined && { FLEET_TRACE_FILE: mountedTrace(trace).path }),
    ...(caFile !== undefined && { FLEET_CA_FILE: caPath }),
    ...(verbose && { LOG_LEVEL: 'debug' }),
  }
}

/** Replaces names of this machine: inside a container, `localhost` is the container. */
export function fromContainer(host: string): string {
  return host.replace(
    /^(https?:\/\/)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?=:|$)/,
    (_, scheme: string | undefined) => `${scheme ?? ''}${thisMachine}`,
  )
}

function mountedTrace(file: string): { readonly file: string; readonly path: string } {
  return { file, path: `/trace/${basename(file)}` }
}

async function tokenOf(
  { config, seed, token, host }: ContainerFleet,
  image: string,
): Promise<VehicleContainer['token']> {
  if (token !== undefined)
    return { volume: await writeToken(token, { image, seed, config }), secret: 'token' }
  if (host !== undefined) return undefined
  const secret = config.ingress.tokenFile === '' ? 'gateway' : 'token'
  const volume = await secretVolume(secret, config)
  return volume === undefined ? undefined : { volume, secret }
}
