import { basename } from 'node:path'
import { townSizeFor } from '../../fleet/driving/simulated-drives.ts'
import { roadsGeoJson } from '../../fleet/roads/roads-geojson.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { nameOf } from '../../infra/docker/names.ts'
import { dockerPlacement } from '../../infra/docker/placement.ts'
import type { VehicleContainer } from '../../infra/docker/vehicles.ts'
import {
  buildVehicleImage,
  keepRoads,
  keepToken,
  removeVehicles,
  startVehicles,
  thisMachine,
  vehicleContainers,
} from '../../infra/docker/vehicles.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { vehiclesPlan } from '../../infra/topology/topology.ts'
import { countNoun } from './fleet-in-process.ts'
import { root } from '../platform/paths.ts'
import { print } from '../cli/output.ts'

export type ContainerFleet = {
  /** The configuration, with what the command line says laid over it. */
  readonly config: PlatformConfig
  readonly seed: number
  readonly numVehicles: number
  readonly vehiclesPerContainer: number
  /** `HOST:PORT` of an ingress elsewhere; without it the platform on this engine. */
  readonly host: string | undefined
  readonly trace: string | undefined
  /** A bearer token of the user's; without it that of the platform on this engine. */
  readonly token: string | undefined
  readonly verbose: boolean
}

/** Starts the containers and returns; resolves to the exit code. */
export async function driveInContainers(
  wanted: ContainerFleet,
  signal: AbortSignal,
): Promise<number> {
  const { config, seed } = wanted
  await requireFreshSeed(wanted)
  print('Building the image of the vehicle ...')
  const image = await buildVehicleImage(root, config)
  const containers = await toContainers(wanted, image)
  await showRoads(wanted, image)
  const started: string[] = []
  try {
    // One by one: where several join a network at once, an engine may miscount them, and then it
    // refuses to remove the network until it is restarted (moby/moby#42119).
    for (const container of containers) {
      if (signal.aborted) break
      await startVehicles(container, image, config)
      started.push(container.suffix)
    }
  } catch (error) {
    throw new UserError(
      `${(error as Error).message}\n${countNoun(started.length, 'container')} had started: npm run fleet -- --down removes them.`,
    )
  }
  await requireRunning(config)
  const [first] = containers
  const vehicles = `${countNoun(wanted.numVehicles, 'vehicle')} in ${countNoun(started.length, 'container')}`
  const address = `http://${first?.plan.env['FLEET_HOST'] ?? ''}${config.ingress.path}`
  print(
    `${vehicles} from the seed ${seed} report to ${address}; npm run fleet -- --down removes them.`,
  )
  return signal.aborted ? 1 : 0
}

/** `--down`: resolves to the exit code. */
export async function takeDown(config: PlatformConfig): Promise<number> {
  const count = await removeVehicles(config)
  print(
    count === 0
      ? 'There are no containers of vehicles.'
      : `Removed ${countNoun(count, 'container')}.`,
  )
  return 0
}

async function requireFreshSeed({ config, seed }: ContainerFleet): Promise<void> {
  const prefix = nameOf(config, `vehicle-${seed}-`)
  const present = await vehicleContainers(config)
  if (!present.some(({ name }) => name.startsWith(prefix))) return
  throw new UserError(
    `Vehicles of the seed ${seed} are there already: npm run fleet -- --down removes them, or take another --seed.`,
  )
}

async function requireRunning(config: PlatformConfig): Promise<void> {
  const vehicles = await vehicleContainers(config)
  const [unwell] = vehicles.filter(({ status }) => !/^(Up|Exited \(0\))/.test(status))
  if (!unwell) return
  throw new UserError(
    `${unwell.name} does not run (${unwell.status}): docker logs ${unwell.name} says why; npm run fleet -- --down removes all of them.`,
  )
}

/** Puts down for the dashboard beside them on which roads the vehicles drive; those of a trace are its own. */
async function showRoads(wanted: ContainerFleet, image: string): Promise<void> {
  const { config, seed, host, trace } = wanted
  if (host !== undefined || trace !== undefined) return
  // Each container drives through a town of its own; they are alike, but for a last one with fewer.
  const numVehicles = Math.min(wanted.numVehicles, wanted.vehiclesPerContainer)
  const roads = roadsGeoJson(townSizeFor({ numVehicles, seed }), config.fleet.origin)
  await keepRoads(JSON.stringify(roads), image, config)
}

async function toContainers(wanted: ContainerFleet, image: string): Promise<VehicleContainer[]> {
  const { config, seed, numVehicles, vehiclesPerContainer } = wanted
  const placement = dockerPlacement(config)
  const env = envOverPlan(wanted)
  const common = {
    network: wanted.host === undefined ? config.network.name : undefined,
    tokenVolume: await tokenVolumeOf(wanted, image),
    trace: wanted.trace === undefined ? undefined : mountedTrace(wanted.trace),
  }
  return Array.from({ length: Math.ceil(numVehicles / vehiclesPerContainer) }, (_, index) => {
    const firstVehicle = index * vehiclesPerContainer
    const share = Math.min(vehiclesPerContainer, numVehicles - firstVehicle)
    const plan = vehiclesPlan(config, placement, { seed, firstVehicle, numVehicles: share })
    return {
      ...common,
      plan: { ...plan, env: { ...plan.env, ...env } },
      suffix: `${seed}-${firstVehicle}`,
      numVehicles: share,
    }
  })
}

function envOverPlan({ host, trace, verbose }: ContainerFleet): Record<string, string> {
  return {
    ...(host !== undefined && { FLEET_HOST: fromContainer(host) }),
    ...(trace !== undefined && { FLEET_TRACE_FILE: mountedTrace(trace).path }),
    ...(verbose && { LOG_LEVEL: 'debug' }),
  }
}

/** What means this machine outside a container means the container itself inside. */
export function fromContainer(host: string): string {
  return host.replace(/^(localhost|127(\.\d+){3}|\[::1\]):/, `${thisMachine}:`)
}

function mountedTrace(file: string): { readonly file: string; readonly path: string } {
  return { file, path: `/trace/${basename(file)}` }
}

async function tokenVolumeOf(
  { config, token }: ContainerFleet,
  image: string,
): Promise<string | undefined> {
  if (token !== undefined) return keepToken(token, image, config)
  return config.ingress.tokenFile === '' ? undefined : nameOf(config, 'secret-token')
}
