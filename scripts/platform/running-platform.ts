import type { Command } from 'commander'
import { Option } from 'commander'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { psqlLine as dockerPsqlLine } from '../../infra/docker/addresses.ts'
import { nameOf } from '../../infra/docker/names.ts'
import {
  containerStates,
  dockerPlatforms,
  gatewayToken,
  kafkaPassword,
  ownerPassword,
  runningNames,
  workerPassword,
} from '../../infra/docker/engine/running.ts'
import type { WorkerSecret } from '../../infra/docker/engine/running.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import { NoDockerError } from '../../infra/docker/engine/engine.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { bucketFolder, localPlacement } from '../../infra/local/placement.ts'
import { isReady } from '../../infra/local/readiness.ts'
import type { RunRecord } from '../../infra/local/run-record.ts'
import { runningPlatform } from '../../infra/local/run-record.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'
import { bucketOfPlatform, bucketOnDocker } from './bucket.ts'
import { folders, masterConfig } from './paths.ts'
import { localKafkaPassword, localPassword, psqlLine } from './database.ts'
import { kafkaSettingsOf } from './kafka-queries.ts'
import { probesFor } from './probes.ts'
import { whyNotReady } from './why-not-ready.ts'
import { userPath } from '../cli/user-paths.ts'

/** Where a platform runs: as processes of this machine, or as containers of the Docker engine. */
export type Target = 'local' | 'docker'

type ServiceState = {
  readonly name: string
  /** Its pid, or the name of its container. */
  readonly where: string
  readonly state: 'ready' | 'not ready' | 'down'
  /** Why it is not ready, in its words; null if it is ready or gives no reason. */
  readonly reason: string | null
}

/** A running platform on either target. */
export type RunningPlatform = {
  readonly target: Target
  readonly config: PlatformConfig
  readonly psqlLine: string
  /** The bucket of the files, as this machine reaches it; undefined if no files are loaded. */
  readonly bucket: () => BucketSettings | undefined
  readonly serviceStates: () => Promise<ServiceState[]>
  /** The password of a role of the database, or of workers at Kafka; without an argument of the owner. */
  readonly password: (role?: 'owner' | WorkerSecret) => Promise<string>
  /** The token with which programs of the platform report. */
  readonly gatewayToken: () => Promise<string>
  /** The brokers, as this machine reaches them, the topic of the readings, and the login. */
  readonly kafka: () => Promise<KafkaSettings>
}

export type PlatformChoice = {
  readonly target?: Target
  readonly network?: string
  /** A configuration file. The platform has the name of its network. */
  readonly config?: string
}

export const noPlatform =
  'No platform is running. Start one with npm start, or on Docker with pulumi up.'

/** Adds the options that choose a platform. */
export function withChoice(command: Command): Command {
  return command
    .addOption(
      new Option('--target <target>', 'which platform, if two are running').choices([
        'local',
        'docker',
      ]),
    )
    .option('--network <name>', 'which platform on Docker, by the name of its network')
    .option('-c, --config <file>', 'which platform, by the configuration with which it was started')
}

/** The configuration of the choice; without one that of the clone. */
export function configOf({ config }: PlatformChoice): PlatformConfig {
  return loadConfig(config === undefined ? masterConfig : userPath(config))
}

/**
 * Finds the platform for a command. Without a choice: the one on this machine; else the one on Docker
 * with the name in `config.master.json`; else the only one on Docker. With a configuration file: the one
 * whose network has the name in that file.
 *
 * @returns undefined if none is running
 * @throws UserError if several on Docker match, or if the engine does not answer
 */
export async function findPlatform(choice: PlatformChoice): Promise<RunningPlatform | undefined> {
  const { target, network, config } = choice
  // Read first: a wrong file is refused, whatever runs.
  const given = config === undefined ? undefined : configOf(choice)
  const name = network ?? given?.network.name
  const isForDocker = target === 'docker' || network !== undefined
  const local = isForDocker ? undefined : localPlatform(name)
  if (local || target === 'local') return local
  const found = isForDocker ? await dockerPlatforms() : await dockerPlatformsIfAny()
  const chosen = chooseOnDocker(found, name)
  if (chosen) return onDocker(chosen)
  await requireConfiguration(name)
  return undefined
}

function chooseOnDocker(
  found: readonly PlatformConfig[],
  network: string | undefined,
): PlatformConfig | undefined {
  const name = network ?? configOf({}).network.name
  const meant = found.find((config) => config.network.name === name)
  if (meant) return meant
  const [only, ...others] = network === undefined ? found : []
  if (others.length === 0) return only
  const names = found.map((config) => config.network.name).join(', ')
  throw new UserError(
    `Several platforms are running on Docker (${names}). Choose one with --network NAME.`,
  )
}

/** Without Docker there is none. An engine that does not answer may have some. */
async function dockerPlatformsIfAny(): Promise<PlatformConfig[]> {
  try {
    return await dockerPlatforms()
  } catch (error) {
    if (error instanceof NoDockerError) return []
    if (!(error instanceof UserError)) throw error
    throw new UserError(
      `${error.message} Without Docker no platform is running here; npm start starts one.`,
    )
  }
}

/** Explains why a platform whose containers run is not found: its consumers carry the configuration. */
async function requireConfiguration(network: string | undefined): Promise<void> {
  const names = await runningNames().catch(() => [])
  const name = names.find((running) => network === undefined || running === network)
  if (name === undefined) return
  throw new UserError(
    `The platform ${name} has containers that run on Docker, but no consumer, and the consumers carry its configuration. Wait until it has started, or run scripts/launch-infra.sh or pulumi up.`,
  )
}

/** @param name of the network in its configuration; undefined: any */
function localPlatform(name: string | undefined): RunningPlatform | undefined {
  const at = folders()
  const record = runningPlatform(at.state)
  if (!record || (name !== undefined && record.config.network.name !== name)) return undefined
  const { config } = record
  return {
    target: 'local',
    config,
    psqlLine: psqlLine(config, at),
    bucket: () => bucketOfPlatform(config, bucketFolder(at, config.objects.bucket)),
    serviceStates: () => processStates(record, at),
    password: (role) => Promise.resolve(localPassword(at, role)),
    gatewayToken: () => Promise.resolve(localPassword(at, 'gateway')),
    kafka: () => Promise.resolve(kafkaSettingsOf(config, localKafkaPassword(at))),
  }
}

async function processStates(record: RunRecord, at: Folders): Promise<ServiceState[]> {
  const { config, fleetSeed, processes } = record
  const topology = topologyOf(config, localPlacement(config, at), fleetSeed)
  const probes = probesFor(config, at)
  const stateOf = async (plan: ServicePlan): Promise<ServiceState> => {
    const { name, ready } = plan
    const running = processes.find((process) => process.name === name)
    if (!running) return { name, where: '', state: 'down', reason: null }
    const where = String(running.pid)
    if (await isReady(ready, probes)) return { name, where, state: 'ready', reason: null }
    return { name, where, state: 'not ready', reason: await whyNotReady(config, plan) }
  }
  const plans = servicesOf(topology).filter(({ ready }) => ready.kind !== 'exit')
  return Promise.all(plans.map(stateOf))
}

function onDocker(config: PlatformConfig): RunningPlatform {
  return {
    target: 'docker',
    config,
    psqlLine: dockerPsqlLine(config, nameOf(config, 'postgres-0')),
    bucket: () => bucketOnDocker(config),
    serviceStates: async () => {
      const states = await containerStates(config)
      return Promise.all(
        states.map(async ({ plan, containerName: where, state }) => ({
          ...{ name: plan.name, where, state },
          reason: state === 'not ready' ? await whyNotReady(config, plan) : null,
        })),
      )
    },
    password: (role) =>
      role === undefined || role === 'owner' ? ownerPassword(config) : workerPassword(config, role),
    gatewayToken: () => gatewayToken(config),
    kafka: async () => kafkaSettingsOf(config, await kafkaPassword(config)),
  }
}
