import { basename } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { SecretName } from '../topology/placement.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { writeBuildContext } from './images/build-context.ts'
import { docker, dockerWithInput } from './engine/engine.ts'
import { ourUser } from '../containers/programs/program.ts'
import { imageName, serviceDockerfile, vehicleImage } from './images/dockerfiles.ts'
import { smallVehicleCommand, vehicleMegabytes } from '../containers/vehicle-container.ts'
import { labels, nameOf } from './names.ts'
import { roadsFile, roadsFolder, secretFolder, volumePath } from '../containers/placement.ts'
import { roadsVolume } from './placement.ts'

/** Vehicle containers. They are not managed by Pulumi and need no platform on the same engine. */

export type VehicleContainer = {
  readonly plan: ServicePlan
  /** End of the container's name: seed and number of its first vehicle, e.g. `42-7`. */
  readonly suffix: string
  readonly numVehicles: number
  /** The network of the platform; undefined if the platform is reached like from another machine. */
  readonly network: string | undefined
  /** The volume with the bearer token, if there is one, and the name of its secret. */
  readonly token: { readonly volume: string; readonly secret: string } | undefined
  /** A recorded drive on this machine, and its path in the container. */
  readonly trace: MountedFile | undefined
  /** The authorities to trust for https. */
  readonly ca: MountedFile | undefined
}

type MountedFile = { readonly file: string; readonly path: string }

/** Builds the vehicle image unless it exists. */
export async function buildVehicleImage(root: string, config: PlatformConfig): Promise<string> {
  const name = imageName(config, vehicleImage)
  const args = [`NODE_IMAGE=${config.images.node}`, `PLATFORM=${config.network.name}`]
  const context = writeBuildContext(root, 'fleet')
  const build = ['build', '--quiet', '--tag', name, ...args.flatMap((arg) => ['--build-arg', arg])]
  await docker(...build, '--file', serviceDockerfile(root), context)
  return name
}

/** Starts a vehicle container. It is restarted with the engine. */
export async function startVehicles(
  container: VehicleContainer,
  image: string,
  config: PlatformConfig,
): Promise<void> {
  const { plan, network, token, trace, ca } = container
  const name = nameOf(config, `vehicle-${container.suffix}`)
  const env = Object.entries(plan.env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  await docker(
    ...['run', '--detach', '--name', name, '--label', vehicleLabel(config)],
    ...(network === undefined ? [] : ['--network', network]),
    // A name for this machine inside the container.
    ...['--add-host', `${thisMachine}:host-gateway`],
    ...confinement(container.numVehicles),
    // A recorded drive that has ended is not replayed again.
    ...['--restart', trace === undefined ? 'unless-stopped' : 'on-failure'],
    ...['--mount', `type=volume,target=${volumePath('fleet')}`],
    ...(token === undefined ? [] : mountOf(token.volume, secretFolder(token.secret))),
    ...bindOf(trace),
    ...bindOf(ca),
    ...env,
    image,
    ...(container.numVehicles === 1 ? smallVehicleCommand : []),
  )
}

/** The name of this machine inside a container. */
export const thisMachine = 'host.docker.internal'

/** The confinement of the containers, like that of the services. */
function confinement(numVehicles: number): string[] {
  const memory = `${vehicleMegabytes(numVehicles)}m`
  return [
    ...['--user', ourUser.name, '--read-only', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges:true', '--pids-limit', '64'],
    ...['--memory', memory, '--memory-swap', memory],
    ...['--tmpfs', '/tmp:rw,nosuid,nodev,size=16m,mode=1777'],
    ...['--stop-timeout', '20'],
    ...['--log-opt', 'max-size=1m', '--log-opt', 'max-file=2'],
  ]
}

/** A vehicle container, as the engine reports it. */
export type RunningVehicles = { readonly name: string; readonly status: string }

/** The vehicle containers of a platform, including those that have ended. */
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
 * Stops the vehicles, which send their waiting readings first, and removes them with their volumes.
 *
 * @returns the number of containers
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

/**
 * Writes a bearer token into a volume for the vehicles of one run, so that it is on no command line. The vehicles
 * of other runs use other volumes, because they may report to another machine, which must not get this token.
 */
export async function writeToken(
  token: string,
  {
    image,
    seed,
    config,
  }: { readonly image: string; readonly seed: number; config: PlatformConfig },
): Promise<string> {
  const volume = nameOf(config, `vehicle-token-${seed}`)
  await docker('volume', 'create', '--label', vehicleLabel(config), volume)
  await writeInto({ volume, folder: secretFolder('token'), file: 'secret' }, token, image)
  return volume
}

/** Whether the engine has a volume with this name. It would make a missing one when a container mounts it. */
async function isVolume(name: string): Promise<boolean> {
  return (await docker('volume', 'ls', '--quiet', '--filter', `name=^${name}$`)) !== ''
}

/** The volume with a secret of the platform; undefined if an earlier version without it has started the platform. */
export async function secretVolume(
  secret: SecretName | 'token',
  config: PlatformConfig,
): Promise<string | undefined> {
  const volume = nameOf(config, `secret-${secret}`)
  return (await isVolume(volume)) ? volume : undefined
}

/** Writes the roads of the vehicles to the volume that the platform's dashboard reads, if there is one. */
export async function writeRoads(
  roads: string,
  image: string,
  config: PlatformConfig,
): Promise<void> {
  const volume = nameOf(config, roadsVolume)
  if (!(await isVolume(volume))) return
  await writeInto({ volume, folder: roadsFolder, file: basename(roadsFile) }, roads, image)
}

type Target = { readonly volume: string; readonly folder: string; readonly file: string }

/** Replaces a file of a volume in one step, so that a reader sees the old or the new one. */
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

function bindOf(mounted: MountedFile | undefined): string[] {
  if (mounted === undefined) return []
  return ['--mount', `type=bind,source=${mounted.file},target=${mounted.path},readonly`]
}

function mountOf(volume: string, path: string, { readOnly } = { readOnly: true }): string[] {
  return ['--mount', `type=volume,source=${volume},target=${path}${readOnly ? ',readonly' : ''}`]
}

function vehicleLabel({ network }: PlatformConfig): string {
  return `${labels.vehicle}=${network.name}`
}
