import { basename } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import { roles } from '../topology/registry.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { writeBuildContext } from './images/build-context.ts'
import { docker, dockerWithInput } from './engine/engine.ts'
import { imageName, ourUser, serviceRecipe, vehicleImage } from './images/recipes.ts'
import { labels, nameOf } from './names.ts'
import { roadsFile, roadsFolder, roadsVolume, secretFolder, volumePath } from './placement.ts'

/** Vehicles in containers: they come and go without Pulumi, with and without a platform beside them. */

export type VehicleContainer = {
  readonly plan: ServicePlan
  /** On the end of the container's name, e.g. `42-7`: the seed and the number of its first vehicle. */
  readonly suffix: string
  readonly numVehicles: number
  /** The network of the platform, or none where it is reached as from any other machine. */
  readonly network: string | undefined
  /** The volume with the bearer token, if there is one. */
  readonly tokenVolume: string | undefined
  /** A recorded drive on this machine, and where the container sees it. */
  readonly trace: { readonly file: string; readonly path: string } | undefined
}

/** Builds the vehicle's image, or finds it built. */
export async function buildVehicleImage(root: string, config: PlatformConfig): Promise<string> {
  const name = imageName(config, vehicleImage)
  const base = `NODE_IMAGE=${config.images.node}`
  const context = writeBuildContext(root, 'fleet')
  const build = ['build', '--quiet', '--tag', name, '--build-arg', base]
  await docker(...build, '--file', serviceRecipe(root), context)
  return name
}

/** Starts a container of vehicles; it goes on after a restart of the engine. */
export async function startVehicles(
  container: VehicleContainer,
  image: string,
  config: PlatformConfig,
): Promise<void> {
  const { plan, network, tokenVolume, trace } = container
  const name = nameOf(config, `vehicle-${container.suffix}`)
  const env = Object.entries(plan.env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  await docker(
    ...['run', '--detach', '--name', name, '--label', vehicleLabel(config)],
    ...(network === undefined ? [] : ['--network', network]),
    // A name of this machine from inside a container.
    ...['--add-host', `${thisMachine}:host-gateway`],
    ...confinement(container.numVehicles),
    // A recorded drive that is over is not driven again.
    ...['--restart', trace === undefined ? 'unless-stopped' : 'on-failure'],
    ...['--mount', `type=volume,target=${volumePath('fleet')}`],
    ...(tokenVolume === undefined ? [] : mountOf(tokenVolume, secretFolder('token'))),
    ...(trace === undefined
      ? []
      : ['--mount', `type=bind,source=${trace.file},target=${trace.path},readonly`]),
    ...env,
    image,
    ...(container.numVehicles === 1 ? smallNode : []),
  )
}

/**
 * Node for a single vehicle: a third less memory, as compiling to machine code and a large room for
 * young objects pay for themselves only where there is more to do.
 */
const smallNode = [
  'node',
  '--jitless',
  '--max-semi-space-size=1',
  '--optimize-for-size',
  'main.mjs',
]

/** How a container calls the machine that it runs on. */
export const thisMachine = 'host.docker.internal'

/** As the services' containers are confined. */
function confinement(numVehicles: number): string[] {
  const memory = `${roles.fleet.memoryBesideHeapMegabytes + Math.ceil(numVehicles / 8)}m`
  return [
    ...['--user', ourUser, '--read-only', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges:true', '--pids-limit', '64'],
    ...['--memory', memory, '--memory-swap', memory],
    ...['--tmpfs', '/tmp:rw,nosuid,nodev,size=16m,mode=1777'],
    ...['--stop-timeout', '20'],
    ...['--log-opt', 'max-size=1m', '--log-opt', 'max-file=2'],
  ]
}

/** A vehicle container, as the engine tells of it. */
export type RunningVehicles = { readonly name: string; readonly status: string }

/** The vehicle containers of a platform, those that have ended included. */
export async function vehicleContainers(config: PlatformConfig): Promise<RunningVehicles[]> {
  const filter = `label=${vehicleLabel(config)}`
  const lines = await docker(
    'ps',
    '--all',
    '--filter',
    filter,
    '--format',
    '{{.Names}}\t{{.Status}}',
  )
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', status = ''] = line.split('\t')
      return { name, status }
    })
}

/**
 * Stops the vehicles, which send what they still have, and removes them with what they kept.
 *
 * @returns how many containers there were
 */
export async function removeVehicles(config: PlatformConfig): Promise<number> {
  const names = (await vehicleContainers(config)).map(({ name }) => name)
  if (names.length > 0) {
    await docker('stop', ...names)
    await docker('rm', '--force', '--volumes', ...names)
  }
  const filter = `label=${vehicleLabel(config)}`
  const volumes = await docker('volume', 'ls', '--quiet', '--filter', filter)
  if (volumes !== '') await docker('volume', 'rm', ...volumes.split('\n'))
  return names.length
}

/** Puts a bearer token of the user's into a volume for vehicles; it is on no command line. */
export async function keepToken(
  token: string,
  image: string,
  config: PlatformConfig,
): Promise<string> {
  const volume = nameOf(config, 'vehicle-token')
  await docker('volume', 'create', '--label', vehicleLabel(config), volume)
  await writeInto({ volume, folder: secretFolder('token'), file: 'secret' }, token, image)
  return volume
}

/** Puts the roads that the vehicles drive on where the platform's dashboard reads them, if there is one. */
export async function keepRoads(
  roads: string,
  image: string,
  config: PlatformConfig,
): Promise<void> {
  const volume = nameOf(config, roadsVolume)
  const present = await docker('volume', 'ls', '--quiet', '--filter', `name=^${volume}$`)
  if (present === '') return
  await writeInto({ volume, folder: roadsFolder, file: basename(roadsFile) }, roads, image)
}

type Target = { readonly volume: string; readonly folder: string; readonly file: string }

/** Writes a file of a volume; whoever reads it meanwhile has the one before. */
async function writeInto(target: Target, content: string, image: string): Promise<void> {
  const file = `${target.folder}/${target.file}`
  const script = `cat > ${file}.draft && chmod 0444 ${file}.draft && mv -f ${file}.draft ${file}`
  await dockerWithInput(
    content,
    ...['run', '--rm', '--interactive', '--network', 'none'],
    ...mountOf(target.volume, target.folder, { readOnly: false }),
    ...[image, 'sh', '-c', script],
  )
}

function mountOf(volume: string, path: string, { readOnly } = { readOnly: true }): string[] {
  return ['--mount', `type=volume,source=${volume},target=${path}${readOnly ? ',readonly' : ''}`]
}

function vehicleLabel({ network }: PlatformConfig): string {
  return `${labels.vehicle}=${network.name}`
}
