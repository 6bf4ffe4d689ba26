import type * as docker from '@pulumi/docker'
import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { Outputs } from '../../../infra/docker/outputs.ts'
import type { Secrets } from '../../../infra/docker/resources/secrets.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { aDockerPlatform, largePlatform } from '../../unit/infra/a-platform.ts'
import type { Asked, ExitCodes } from './recorder.ts'
import { Recorder } from './recorder.ts'

/** The inputs that the provider receives for a container. */
export type ContainerInputs = pulumi.Unwrap<docker.ContainerArgs>

export type DrawnContainer = Omit<Asked, 'inputs'> & { readonly inputs: ContainerInputs }

export type DrawnPlatform = {
  readonly config: PlatformConfig
  /** Services in containers; Pulumi does not manage the vehicles. */
  readonly plans: readonly ServicePlan[]
  readonly resources: readonly Asked[]
  readonly containers: readonly DrawnContainer[]
  readonly container: (name: string) => DrawnContainer
  readonly secrets: Secrets
  readonly outputs: Outputs
}

/** The surroundings of a platform, as `infra/docker/stack.ts` finds them. */
export type Circumstances = {
  readonly token?: string
  readonly dashboardToken?: string
  readonly knowsStartInterval?: boolean
  readonly exitCodes?: ExitCodes
  readonly isPreview?: boolean
}

export const stack = 'av-telemetry/test'
export const imageOf = (role: Role) => `id of the image of ${role}`

/** The platform of a configuration, built as in `infra/index.ts`, without images. */
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
  const { postgres, ingress } = components.renderServices(
    { surroundings, secrets, plansOf: of, imageOf, root: '/clone' },
    options,
  )
  const outputs = components.announce({ config, postgres, ingress })
  const resources = await recorder.asked()
  const containers = resources.filter(({ kind }) => kind === 'Container') as DrawnContainer[]
  const container = (name: string) => containers.find((candidate) => candidate.name === name)!
  const plans = services.filter(({ role }) => role !== 'fleet')
  return { config, plans, resources, containers, container, secrets, outputs }
}

/** Imported late, because the recorder must be registered first. */
async function importComponents() {
  return {
    ...(await import('../../../infra/docker/resources/network.ts')),
    ...(await import('../../../infra/docker/resources/secrets.ts')),
    ...(await import('../../../infra/docker/resources/services.ts')),
    ...(await import('../../../infra/docker/outputs.ts')),
  }
}

export const token = 'clear token'
const nowhere = { addressFile: '' }

export const oneOfEach = once(() => drawPlatform({ ingress: nowhere }))

export const severalOfEach = once(() =>
  drawPlatform({ ...largePlatform, ingress: { ...largePlatform.ingress, ...nowhere } }, { token }),
)

/** Shared by read-only tests; created at first use. */
function once(draw: () => Promise<DrawnPlatform>): () => Promise<DrawnPlatform> {
  let drawn: Promise<DrawnPlatform> | undefined
  return () => (drawn ??= draw())
}
