import type { PlatformConfig } from '../../config/config-schema.ts'
import { lostDatabaseFaults } from '../../checks/lost-database.ts'
import { lostBucketFaults } from '../../checks/lost-bucket.ts'
import { shrunkClusterFaults } from '../../checks/shrunk-cluster.ts'
import { findPortFaults } from '../../checks/free-ports.ts'
import { hostPortsOf } from '../../topology/host-ports.ts'
import { UserError } from '../../checks/user-error.ts'
import type { Engine } from './engine.ts'
import { askEngine, docker } from './engine.ts'
import { labels, nameOf } from '../names.ts'

/**
 * Finds problems that would make an `up` fail halfway or damage data, before anything is created.
 *
 * @param stack the Pulumi stack that will own the containers
 * @returns properties of the engine
 * @throws UserError with a sentence that says what to do
 */
export async function preflight(config: PlatformConfig, stack: string): Promise<Engine> {
  const engine = await askEngine()
  const own = await containersBy(labels.platform, config.network.name)
  const foreign = own.find((container) => container.stack !== stack)
  if (foreign) {
    throw new UserError(
      `The platform ${config.network.name} already runs in this engine, in the stack ${foreign.stack}. Use that stack, destroy it, or choose another network.name.`,
    )
  }
  await requireSameName(config, stack)
  await requireEveryServer(config)
  const published = new Set(own.flatMap(({ ports }) => ports))
  const needed = hostPortsOf(config).filter(
    ({ port, isInternal }) => !isInternal && !published.has(port),
  )
  // The engine may open ports that this user may not open.
  const faults = (await findPortFaults(needed)).filter(({ reason }) => reason !== 'not-permitted')
  if (faults.length > 0) throw new UserError(faults.map(({ sentence }) => sentence).join('\n'))
  return engine
}

/** Platform, stack and published ports of all labelled containers. */
async function containersBy(label: string, value: string) {
  const fields = [`{{.Label "${labels.platform}"}}`, `{{.Label "${labels.stack}"}}`, '{{.Ports}}']
  const filter = `label=${label}=${value}`
  const lines = await docker('ps', '--all', '--filter', filter, '--format', fields.join('\t'))
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [platform = '', stack = '', ports = ''] = line.split('\t')
      return { platform, stack, ports: publishedIn(ports) }
    })
    .filter(({ stack }) => stack !== '')
}

/** Refuses a new network name: volumes carry it, and Pulumi would replace each by an empty one. */
async function requireSameName({ network }: PlatformConfig, stack: string): Promise<void> {
  const others = await containersBy(labels.stack, stack)
  const renamed = others.find(({ platform }) => platform !== network.name)
  if (renamed === undefined) return
  throw new UserError(
    `The stack ${stack} has the platform ${renamed.platform}, but network.name is ${network.name}. A new name would delete its readings. Set the name back, or use another stack for another platform (--stack NAME).`,
  )
}

/** Refuses to remove a server with data: Pulumi would delete the data without a warning. */
async function requireEveryServer(config: PlatformConfig): Promise<void> {
  const { name } = config.network
  const names = await namesOfVolumes(config)
  const existing = {
    names,
    holder: `The platform ${name}`,
    startEmpty: `destroy the platform and remove the remaining volumes to start empty (docker volume ls --filter label=${labels.platform}=${name})`,
  }
  const lost = lostBucketFaults(config, { names, fullName: (short) => nameOf(config, short) })
  const faults = [
    ...shrunkClusterFaults(config, existing),
    ...lostDatabaseFaults(config, existing),
    ...lost,
  ]
  if (faults.length > 0) throw new UserError(faults.join('\n'))
}

/** Names of the services whose data is in the engine, also of a destroyed platform that kept it; e.g. `kafka-0`. */
async function namesOfVolumes(config: PlatformConfig): Promise<string[]> {
  const prefix = nameOf(config, '')
  const lines = await docker('volume', 'ls', '--format', '{{.Name}}')
  return lines
    .split('\n')
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
}

/** From `127.0.0.1:9092->19092/tcp, 0.0.0.0:5001->5001/tcp`: 9092 and 5001. */
function publishedIn(ports: string): number[] {
  return [...ports.matchAll(/:(\d+)->/g)].map(([, port]) => Number(port))
}
