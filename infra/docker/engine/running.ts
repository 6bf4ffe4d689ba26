import { spawnSync } from 'node:child_process'
import { UserError } from '../../checks/user-error.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { completeConfig } from '../../config/recorded-config.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../topology/topology.ts'
import { askEngine, docker } from './engine.ts'
import { labels, nameOf } from '../names.ts'
import { secretFolder } from '../../containers/placement.ts'
import { dockerPlacement } from '../placement.ts'
import type { SecretName } from '../../topology/placement.ts'

/**
 * The configurations of all platforms in the engine, running or stopped.
 *
 * @throws NoDockerError or UserError if there is no engine that answers
 */
export async function dockerPlatforms(): Promise<PlatformConfig[]> {
  await askEngine()
  const list = ['ps', '--all', '--filter', `label=${labels.config}`, '--format', '{{.Names}}']
  const names = linesOf(await docker(...list))
  if (names.length === 0) return []
  const format = `{{index .Config.Labels "${labels.config}"}}`
  const found = linesOf(await docker('inspect', '--format', format, ...names))
  const configs = found.map((text) => completeConfig(JSON.parse(text)))
  // Each consumer has the label. The engine lists the newest first.
  return [...new Map(configs.reverse().map((config) => [config.network.name, config])).values()]
}

/** The names of the platforms that have containers which run. */
export async function runningNames(): Promise<string[]> {
  const format = `{{.Label "${labels.platform}"}}`
  return linesOf(await docker('ps', '--filter', `label=${labels.platform}`, '--format', format))
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

export type ContainerState = {
  readonly plan: ServicePlan
  readonly containerName: string
  readonly state: 'ready' | 'not ready' | 'down'
}

/** The states of a platform's services in start order, without those that run once. */
export async function containerStates(config: PlatformConfig): Promise<ContainerState[]> {
  const filter = `label=${labels.platform}=${config.network.name}`
  const lines = await docker('ps', '--filter', filter, '--format', '{{.Names}}\t{{.Status}}')
  const statuses = new Map(lines.split('\n').map((line) => line.split('\t') as [string, string]))
  const topology = topologyOf(config, dockerPlacement(config), 0)
  return servicesOf(topology)
    .filter(({ role, ready }) => !roles[role].isClient && ready.kind !== 'exit')
    .map((plan) => {
      const containerName = nameOf(config, plan.name)
      const status = statuses.get(containerName)
      const state = status === undefined ? 'down' : stateOf(status)
      return { plan, containerName, state }
    })
}

/** @param status the engine's text, e.g. `Up 3 minutes (healthy)` */
function stateOf(status: string): 'ready' | 'not ready' {
  return status.includes('(healthy)') ? 'ready' : 'not ready'
}

/** The password of the database's owner, from the file that Postgres reads. */
export function ownerPassword(config: PlatformConfig): Promise<string> {
  const file = dockerPlacement(config).secretFile('owner')
  return docker('exec', nameOf(config, 'postgres-0'), 'cat', file)
}

/**
 * A key of the S3 server of a platform, from the file that it reads. Synchronous, so that callers get
 * the bucket without a promise. Few commands need this key.
 *
 * @param name `s3-access-key` or `s3-secret-key`
 * @throws UserError if the server does not run
 */
export function bucketKey(config: PlatformConfig, name: string): string {
  const container = nameOf(config, 'objects-0')
  const args = ['exec', container, 'cat', `${secretFolder(name)}/secret`]
  const { status, stdout } = spawnSync('docker', args, { encoding: 'utf8' })
  if (status === 0) return stdout.trim()
  throw new UserError(
    `The S3 server with the bucket (container ${container}) does not run. npm run status shows the state of the platform.`,
  )
}

/**
 * The password of Kafka, from the file that a running container reads.
 *
 * @returns undefined if an earlier version, whose Kafka has no logins, has started the platform
 * @throws UserError if none of these containers runs
 */
export async function kafkaPassword(config: PlatformConfig): Promise<string | undefined> {
  const readers = (await containerStates(config)).filter(
    ({ plan, state }) => state !== 'down' && roles[plan.role].secrets?.includes('kafka'),
  )
  for (const { containerName } of readers) {
    const found = await secretIn(containerName, 'kafka', config)
    if (found !== undefined) return found === '' ? undefined : found
  }
  throw new UserError(
    'No running container has the password of Kafka. npm run status shows the state of the platform.',
  )
}

/** An empty text if the container has no such file, undefined if it does not run. */
function secretIn(
  container: string,
  name: SecretName,
  config: PlatformConfig,
): Promise<string | undefined> {
  const file = dockerPlacement(config).secretFile(name)
  const command = `if [ -e ${file} ]; then cat ${file}; fi`
  return docker('exec', container, 'sh', '-c', command).catch(() => undefined)
}

/** The passwords that workers get. */
export type WorkerSecret = 'worker' | 'reader' | 'kafka-worker'

/**
 * A password of the workers, from the file that the first worker reads.
 *
 * @throws UserError if that worker does not run
 */
export async function workerPassword(config: PlatformConfig, role: WorkerSecret): Promise<string> {
  const file = dockerPlacement(config).secretFile(role)
  const container = nameOf(config, 'worker-0')
  try {
    return await docker('exec', container, 'cat', file)
  } catch {
    throw new UserError(
      `The container ${container}, which has the password of the workers, does not run. npm run status shows the state of the platform.`,
    )
  }
}

/**
 * The token with which programs of the platform report, from the file that the first producer reads.
 *
 * @returns undefined if an earlier version, which needs no such token, has started the platform
 * @throws UserError if that producer does not run
 */
export async function platformToken(config: PlatformConfig): Promise<string | undefined> {
  const container = nameOf(config, 'producer-0')
  const found = await secretIn(container, 'gateway', config)
  if (found !== undefined) return found === '' ? undefined : found
  throw new UserError(
    `The container ${container}, which has the token of the platform, does not run. npm run status shows the state of the platform.`,
  )
}
