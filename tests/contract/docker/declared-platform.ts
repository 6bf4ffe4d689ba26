import type * as docker from '@pulumi/docker'
import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { Outputs } from '../../../infra/containers/outputs.ts'
import type { Secrets } from '../../../infra/docker/resources/secrets.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { generatedKeyNames } from '../../../infra/topology/roles/objects.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { aDockerPlatform, largePlatform as largeConfig } from '../../unit/infra/a-platform.ts'
import type { DeclaredResource, ExitCodes } from '../recorder.ts'
import { Recorder } from '../recorder.ts'

/** The inputs that the provider receives for a container. */
export type ContainerInputs = pulumi.Unwrap<docker.ContainerArgs>

export type DeclaredContainer = Omit<DeclaredResource, 'inputs'> & {
  readonly inputs: ContainerInputs
}

export type DeclaredPlatform = {
  readonly config: PlatformConfig
  /** Services in containers; Pulumi does not manage the vehicles. */
  readonly plans: readonly ServicePlan[]
  readonly resources: readonly DeclaredResource[]
  readonly containers: readonly DeclaredContainer[]
  readonly container: (name: string) => DeclaredContainer
  readonly secrets: Secrets
  readonly outputs: Outputs
}

/** What `infra/docker/stack.ts` reads from files, the engine and Pulumi. */
export type PlatformOptions = {
  readonly token?: string
  readonly dashboardToken?: string
  /** Further secrets of the user, by name. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly knowsStartInterval?: boolean
  readonly exitCodes?: ExitCodes
  readonly isPreview?: boolean
}

export const stack = 'av-telemetry/test'
export const imageOf = (role: Role) => `id of the image of ${role}`

/** The platform of a configuration, built as in `infra/index.ts`, without images. */
export async function declarePlatform(
  tree: object,
  platformOptions: PlatformOptions = {},
): Promise<DeclaredPlatform> {
  const { token, dashboardToken, knowsStartInterval = true, exitCodes, isPreview } = platformOptions
  const { config, services, of } = aDockerPlatform(tree)
  const recorder = await Recorder.start(exitCodes, isPreview)
  const { options } = recorder
  const components = await importComponents()
  const { networkName } = new components.Network('network', { config }, options)
  const engine = { platform: 'linux/amd64', knowsStartInterval }
  const surroundings = { config, stack, engine, networkName }
  const tokens = { token, 'dashboard-token': dashboardToken, ...platformOptions.secrets }
  const kept = {
    surroundings,
    image: imageOf('provision'),
    tokens,
    generatedKeyNames: generatedKeyNames(config),
  }
  const secrets = new components.Secrets('secrets', kept, options)
  const { postgres, ingress } = components.renderServices(
    { surroundings, secrets, plansOf: of, imageOf, root: '/clone' },
    options,
  )
  const outputs = components.announce({ config, postgres, ingress, root: '/clone' })
  const resources = await recorder.declaredResources()
  const containers = resources.filter(({ kind }) => kind === 'Container') as DeclaredContainer[]
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
const noAddressFile = { addressFile: '' }

/** One instance of each service, without a token. */
export const defaultPlatform = once(() => declarePlatform({ ingress: noAddressFile }))

/** Several instances of the services that can have them, and a token. */
export const largePlatform = once(() =>
  declarePlatform(
    { ...largeConfig, ingress: { ...largeConfig.ingress, ...noAddressFile } },
    { token },
  ),
)

/** Both platforms by the title that tests show. */
export const platforms = {
  'default platform': defaultPlatform,
  'large platform with a token': largePlatform,
}

/** Shared by read-only tests; created at first use. */
function once(create: () => Promise<DeclaredPlatform>): () => Promise<DeclaredPlatform> {
  let created: Promise<DeclaredPlatform> | undefined
  return () => (created ??= create())
}

/** The environment variables of a container. */
export const envOf = ({ inputs }: DeclaredContainer): Record<string, string> =>
  Object.fromEntries(
    (inputs.envs ?? []).map((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? []
      return [name, value]
    }),
  )
