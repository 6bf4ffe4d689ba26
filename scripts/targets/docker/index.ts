import { Option } from 'commander'
import { UserError } from '../../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { loadConfig } from '../../../infra/config/config.ts'
import { externalPsqlLine, psqlLine } from '../../../infra/docker/addresses.ts'
import { NoDockerError } from '../../../infra/docker/engine/engine.ts'
import type { WorkerSecret } from '../../../infra/docker/engine/running.ts'
import {
  containerStates,
  dockerPlatforms,
  kafkaPassword,
  ownerPassword,
  platformToken,
  runningNames,
  workerPassword,
} from '../../../infra/docker/engine/running.ts'
import { nameOf } from '../../../infra/docker/names.ts'
import { vehicleContainers } from '../../../infra/docker/vehicles.ts'
import { eventsAddress, ingressAddress } from '../../../infra/topology/addresses.ts'
import { usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import type { SecretName } from '../../../infra/topology/placement.ts'
import { bucketOnDocker } from '../../platform/bucket.ts'
import { givenPassword, ownerPool } from '../../platform/database.ts'
import { kafkaSettingsOf } from '../../platform/kafka-queries.ts'
import { masterConfig, root } from '../../platform/paths.ts'
import { operationsOnThisMachine, whyNotReady } from '../../platform/why-not-ready.ts'
import type { RunningPlatform, Search, ServiceState, Target } from '../target.ts'
import { SilentTargetError } from '../target.ts'

/** Containers of a Docker engine, which `pulumi up` makes. */
export const docker: Target = {
  name: 'docker',
  place: 'on Docker',
  options: [new Option('--network <name>', 'which platform on Docker, by the name of its network')],
  isMeantBy: ({ network }) => network !== undefined,
  find,
  verification: async () => (await import('./verification.ts')).verification,
  launcher: async () => (await import('./launcher.ts')).launcher,
  vehicles: async () => (await import('./vehicles.ts')).vehicles,
}

/** The one whose network has the name of the choice, else the name in `config.master.json`, else the only one. */
async function find({ choice, given, isMeant }: Search): Promise<RunningPlatform | undefined> {
  const name = choice.network ?? given?.network.name
  const found = isMeant ? await dockerPlatforms() : await platformsIfAny()
  const chosen = choose(found, name)
  if (chosen) return onDocker(chosen)
  await requireConfiguration(name)
  return undefined
}

function choose(
  found: readonly PlatformConfig[],
  network: string | undefined,
): PlatformConfig | undefined {
  const name = network ?? loadConfig(masterConfig).network.name
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
async function platformsIfAny(): Promise<PlatformConfig[]> {
  try {
    return await dockerPlatforms()
  } catch (error) {
    if (error instanceof NoDockerError) return []
    if (!(error instanceof UserError)) throw error
    throw new SilentTargetError(
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

function onDocker(config: PlatformConfig): RunningPlatform {
  const password = (role: SecretName = 'owner') =>
    givenPassword(config, role) ??
    (role === 'owner' ? ownerPassword(config) : workerPassword(config, role as WorkerSecret))
  return {
    target: docker.name,
    config,
    place: `on Docker, network ${config.network.name}`,
    unit: 'container',
    network: config.network.name,
    eventsUrl: eventsAddress(config, { kind: 'containers' }),
    psqlLine: usesExternalPostgres(config)
      ? externalPsqlLine(config, root)
      : psqlLine(config, nameOf(config, 'postgres-0')),
    serviceStates: () => statesOf(config),
    vehicles: () => vehicleContainers(config),
    pool: async () => ownerPool(config, await password()),
    password,
    platformToken: () => platformToken(config),
    kafka: async () => kafkaSettingsOf(config, await kafkaPassword(config)),
    bucket: async () => Promise.resolve(bucketOnDocker(config)),
    ingress: () => Promise.resolve(ingressAddress(config)),
    operations: (role) => Promise.resolve(operationsOnThisMachine(config, role)),
  }
}

async function statesOf(config: PlatformConfig): Promise<ServiceState[]> {
  const states = await containerStates(config)
  return Promise.all(
    states.map(async ({ plan, containerName: where, state }) => ({
      ...{ name: plan.name, where, state },
      reason: state === 'not ready' ? await whyNotReady(config, plan) : null,
    })),
  )
}
