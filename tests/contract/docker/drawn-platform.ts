import type * as docker from '@pulumi/docker'
import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../../infra/config.ts'
import { labels } from '../../../infra/docker/names.ts'
import type { Outputs } from '../../../infra/docker/outputs.ts'
import type { Secrets } from '../../../infra/docker/secrets.ts'
import type { ServiceArgs } from '../../../infra/docker/service.ts'
import type { Role, ServicePlan } from '../../../infra/service-plan.ts'
import { aDockerPlatform, largePlatform } from '../../unit/infra/a-platform.ts'
import type { Asked, ExitCodes } from './recorder.ts'
import { Recorder } from './recorder.ts'

/** What the provider gets for a container. */
export type ContainerInputs = pulumi.Unwrap<docker.ContainerArgs>

export type DrawnContainer = Omit<Asked, 'inputs'> & { readonly inputs: ContainerInputs }

export type DrawnPlatform = {
  readonly config: PlatformConfig
  /** What runs in containers; the vehicles come and go without Pulumi. */
  readonly plans: readonly ServicePlan[]
  readonly resources: readonly Asked[]
  readonly containers: readonly DrawnContainer[]
  readonly container: (name: string) => DrawnContainer
  readonly secrets: Secrets
  readonly outputs: Outputs
}

/** What lies around a platform, as `infra/docker/stack.ts` finds it. */
export type Circumstances = {
  readonly token?: string
  readonly dashboardToken?: string
  readonly knowsStartInterval?: boolean
  readonly exitCodes?: ExitCodes
  readonly isPreview?: boolean
}

export const stack = 'av-telemetry/test'
export const imageOf = (role: Role) => `id of the image of ${role}`

/** The platform of a configuration, put together as `infra/index.ts` does it, images aside. */
export async function drawPlatform(
  tree: object,
  circumstances: Circumstances = {},
): Promise<DrawnPlatform> {
  const { token, dashboardToken, knowsStartInterval = true, exitCodes, isPreview } = circumstances
  const { config, services, of } = aDockerPlatform(tree)
  const recorder = await Recorder.start(exitCodes, isPreview)
  const { options } = recorder
  const components = await importComponents()
  const { networkName } = new components.Network('network', { config }, options)
  const engine = { platform: 'linux/amd64', knowsStartInterval }
  const surroundings = { config, stack, engine, networkName }
  const tokens = { token, 'dashboard-token': dashboardToken }
  const kept = { surroundings, image: imageOf('provision'), tokens }
  const secrets = new components.Secrets('secrets', kept, options)
  const many = (role: Role) => ({ plans: of(role), image: imageOf(role), surroundings })
  const one = (role: Role) => ({ plan: of(role)[0]!, image: imageOf(role), surroundings })
  const service = (name: string, role: Role, more: More) =>
    new components.Service(name, { ...many(role), ...more, secrets }, options)
  const postgres = new components.Postgres('postgres', { ...one('postgres'), secrets }, options)
  const zookeeper = new components.ZooKeeper('zookeeper', many('zookeeper'), options)
  const kafka = new components.Kafka('kafka', { ...many('kafka'), zookeeper }, options)
  const provision = service('provision', 'provision', {
    after: [postgres, kafka],
    labels: { [labels.config]: JSON.stringify(config) },
  })
  const consumers = service('consumers', 'consumer', { after: [provision] })
  const producers = service('producers', 'producer', { after: [provision] })
  const after = [producers, consumers]
  const ingress = new components.Ingress('ingress', { ...one('ingress'), after }, options)
  const roads = new components.Roads('roads', { config }, options)
  service('dashboard', 'dashboard', { after: [provision], files: [roads.mount] })
  const outputs = components.announce({ config, postgres, ingress })
  const resources = await recorder.asked()
  const containers = resources.filter(({ kind }) => kind === 'Container') as DrawnContainer[]
  const container = (name: string) => containers.find((candidate) => candidate.name === name)!
  const plans = services.filter(({ role }) => role !== 'fleet')
  return { config, plans, resources, containers, container, secrets, outputs }
}

type More = Pick<ServiceArgs, 'after' | 'labels' | 'files'>

/** Only once there is something to take what they ask for. */
async function importComponents() {
  return {
    ...(await import('../../../infra/docker/network.ts')),
    ...(await import('../../../infra/docker/secrets.ts')),
    ...(await import('../../../infra/docker/postgres.ts')),
    ...(await import('../../../infra/docker/zookeeper.ts')),
    ...(await import('../../../infra/docker/kafka.ts')),
    ...(await import('../../../infra/docker/roads.ts')),
    ...(await import('../../../infra/docker/service.ts')),
    ...(await import('../../../infra/docker/ingress.ts')),
    ...(await import('../../../infra/docker/outputs.ts')),
  }
}

export const token = 'clear token'
const nowhere = { addressFile: '' }

export const oneOfEach = once(() => drawPlatform({ ingress: nowhere }))

export const severalOfEach = once(() =>
  drawPlatform({ ...largePlatform, ingress: { ...largePlatform.ingress, ...nowhere } }, { token }),
)

/** For tests that only look: drawn for the first of them. */
function once(draw: () => Promise<DrawnPlatform>): () => Promise<DrawnPlatform> {
  let drawn: Promise<DrawnPlatform> | undefined
  return () => (drawn ??= draw())
}
