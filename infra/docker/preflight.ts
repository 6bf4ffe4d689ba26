import type { PlatformConfig } from '../config-schema.ts'
import { countFaults } from '../count-faults.ts'
import { portFaults } from '../free-ports.ts'
import { hostPortsOf } from '../host-ports.ts'
import { MachineError } from '../machine-error.ts'
import type { Engine } from './engine.ts'
import { askEngine, docker } from './engine.ts'
import { labels, nameOf } from './names.ts'

/**
 * What would make an `up` fail halfway or harm the data, found before anything is made.
 *
 * @param stack the Pulumi stack that is going to own the containers
 * @returns what the engine says of itself
 * @throws MachineError with a sentence that says what to do
 */
export async function preflight(config: PlatformConfig, stack: string): Promise<Engine> {
  const engine = await askEngine()
  const own = await containersOf(config)
  const foreign = own.find((container) => container.stack !== stack)
  if (foreign) {
    throw new MachineError(
      `The platform ${config.network.name} runs in this engine already, by the stack ${foreign.stack}: use that stack, destroy it, or choose another network.name.`,
    )
  }
  await requireEveryServer(config)
  const published = new Set(own.flatMap(({ ports }) => ports))
  const needed = hostPortsOf(config).filter(
    ({ port, isInternal }) => !isInternal && !published.has(port),
  )
  // What this user may not open, the engine may.
  const faults = (await portFaults(config, needed)).filter(
    ({ reason }) => reason !== 'not-permitted',
  )
  if (faults.length > 0) throw new MachineError(faults.map(({ sentence }) => sentence).join('\n'))
  return engine
}

/** The containers of a platform, whoever made them, with the ports they have on the machine. */
async function containersOf({ network }: PlatformConfig) {
  const lines = await docker(
    'ps',
    '--filter',
    `label=${labels.platform}=${network.name}`,
    '--format',
    `{{.Label "${labels.stack}"}}\t{{.Ports}}`,
  )
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [stack = '', ports = ''] = line.split('\t')
      return { stack, ports: publishedIn(ports) }
    })
    .filter(({ stack }) => stack !== '')
}

/** Pulumi would delete the data of those that are left out, without a word. */
async function requireEveryServer(config: PlatformConfig): Promise<void> {
  const { name } = config.network
  const faults = countFaults(config, {
    names: await namesOfVolumes(config),
    holder: `The platform ${name}`,
    startEmpty: `start empty: destroy it, and remove the volumes that are left (docker volume ls --filter label=${labels.platform}=${name})`,
  })
  if (faults.length > 0) throw new MachineError(faults.join('\n'))
}

/** Whose data is in the engine, also of a platform that was destroyed and has kept it; e.g. `kafka-0`. */
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
