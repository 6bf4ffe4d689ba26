import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { toConfig } from '../../../infra/config/config.ts'
import type { Outputs } from '../../../infra/containers/outputs.ts'
import { plansByRole } from '../../../infra/containers/stack.ts'
import { kubernetesPlacement } from '../../../infra/kubernetes/placement.ts'
import { reachedByCluster } from '../../../infra/kubernetes/reached-by-cluster.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import { roleNames, roles } from '../../../infra/topology/role-registry.ts'
import { generatedKeyNames } from '../../../infra/topology/roles/objects.ts'
import { largePlatform as largeConfig } from '../../unit/infra/a-platform.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Recorder } from '../recorder.ts'

/** An object of the cluster, as the provider receives it. */
export type DeclaredObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
}

export type DeclaredPlatform = {
  readonly config: PlatformConfig
  readonly objects: readonly DeclaredObject[]
  /** The object of a kind with a name. */
  readonly object: (kind: string, name: string) => DeclaredObject
  /** The names of the resources that the resource of an object waits for. */
  readonly after: (kind: string, name: string) => readonly string[]
  /** The inputs of another resource than an object, such as a command. */
  readonly resource: (name: string) => Readonly<Record<string, unknown>>
  /** How long Pulumi waits for an object. */
  readonly timeouts: (kind: string, name: string) => object | undefined
  /** Whether an object stays when the platform is destroyed. */
  readonly isKept: (kind: string, name: string) => boolean
  readonly outputs: Outputs
}

export type PlatformOptions = {
  readonly tokens?: Readonly<Record<string, string>>
  /** Passwords that the cluster has kept. */
  readonly keptPasswords?: Readonly<Record<string, string>>
  /** The clone, to which paths of user files are relative. */
  readonly root?: string
}

const stack = 'av-telemetry/test'
export const imageOf = (role: Role) => `registry.example/${role}@sha256:0`

/** The platform of a configuration, built as in `infra/kubernetes/platform.ts`, without images. */
export async function declarePlatform(
  tree: object,
  { tokens = {}, keptPasswords = {}, root = '/clone' }: PlatformOptions = {},
): Promise<DeclaredPlatform> {
  const config = reachedByCluster(toConfig(tree))
  const recorder = await Recorder.start()
  const { options } = recorder
  const components = await importComponents()
  const namespace = components.platformNamespace(config, stack, options).metadata.name
  const context = { config, namespace, kubectlContext: "dev's cluster", platform: 'linux/arm64' }
  components.platformRecord(context, imageOf('fleet'), options)
  const secretArgs = {
    context,
    tokens,
    generatedKeyNames: generatedKeyNames(config),
    keptPasswords,
  }
  const secrets = new components.ClusterSecrets('secrets', secretArgs, options)
  const userFiles = new components.UserFiles('files', { context, root }, options)
  const plansOf = plansByRole(config, kubernetesPlacement())
  const publicService = components.renderServices(
    { context, secrets, userFiles, plansOf, imageOf },
    options,
  )
  const running = roleNames.filter((role) => !roles[role].isClient && plansOf(role).length > 0)
  new components.Policies('policies', { context, running }, options)
  const outputs = components.announce(config, publicService)
  const all = await recorder.declaredResources()
  const resources = all.filter(({ inputs }) => 'apiVersion' in inputs)
  const find = (kind: string, name: string) => {
    const found = resources.find(
      (each) => each.kind === kind && (each.inputs as DeclaredObject).metadata.name === name,
    )
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`)
    return found
  }
  return {
    config,
    objects: resources.map(({ inputs }) => inputs as DeclaredObject),
    object: (kind, name) => find(kind, name).inputs as DeclaredObject,
    after: (kind, name) => find(kind, name).after,
    resource: (name) => all.find((each) => each.name === name)?.inputs ?? {},
    timeouts: (kind, name) => find(kind, name).options.customTimeouts,
    isKept: (kind, name) => find(kind, name).options.retainOnDelete === true,
    outputs,
  }
}

/** Imported late, because the recorder must be registered first. */
async function importComponents() {
  return {
    ...(await import('../../../infra/kubernetes/resources/namespace.ts')),
    ...(await import('../../../infra/kubernetes/resources/secrets.ts')),
    ...(await import('../../../infra/kubernetes/resources/user-files.ts')),
    ...(await import('../../../infra/kubernetes/resources/services.ts')),
    ...(await import('../../../infra/kubernetes/resources/policies.ts')),
    ...(await import('../../../infra/kubernetes/platform-record.ts')),
    ...(await import('../../../infra/kubernetes/outputs.ts')),
  }
}

/** The platforms that tests of all objects look at. */
export const platforms = {
  'default platform': once(() => declarePlatform({ kubernetes: { storageClass: 'fast' } })),
  'large platform with files': once(() =>
    declarePlatform(
      { ...largeConfig, worker: { instances: 2 }, files: { enabled: true } },
      { tokens: { token: 'clear token' } },
    ),
  ),
  'platform with TLS and a load balancer': once(() =>
    withCertificate((root) =>
      declarePlatform({ ...tlsConfig, kubernetes: { service: 'LoadBalancer' } }, { root }),
    ),
  ),
}

export const tlsConfig = {
  ingress: { tls: { certFile: 'tls/fullchain.pem', keyFile: 'keys/privkey.pem' } },
}

/** Calls a function with a clone that has the files of `tlsConfig`. */
export async function withCertificate<Result>(
  use: (root: string) => Promise<Result>,
): Promise<Result> {
  using folder = new TemporaryFolder()
  for (const name of ['tls', 'keys']) mkdirSync(join(folder.path, name))
  writeFileSync(join(folder.path, 'tls/fullchain.pem'), 'the certificate')
  writeFileSync(join(folder.path, 'keys/privkey.pem'), 'the key')
  return await use(folder.path)
}

/** Shared by read-only tests; created at first use. */
function once(create: () => Promise<DeclaredPlatform>): () => Promise<DeclaredPlatform> {
  let created: Promise<DeclaredPlatform> | undefined
  return () => (created ??= create())
}
