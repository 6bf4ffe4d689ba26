import type * as core from '@pulumi/kubernetes/core/v1/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { majorityFirst } from '../../topology/ensemble.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles, startNames } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import { hasVolume, publicPortOf, publicRoles } from '../placement.ts'
import type { ClusterContext } from './context.ts'
import { OneTimeJob } from './one-time-job.ts'
import { PublicAddress } from './public-address.ts'
import { headless, Replicas } from './replicas.ts'
import type { ClusterSecrets } from './secrets.ts'
import { Server } from './server.ts'
import type { ServiceSpec } from './service-object.ts'
import type { UserFiles } from './user-files.ts'

export type ServicesArgs = {
  readonly context: ClusterContext
  readonly secrets: ClusterSecrets
  readonly userFiles: UserFiles
  readonly plansOf: (role: Role) => readonly ServicePlan[]
  readonly imageOf: (role: Role) => pulumi.Input<string>
}

/** What each role waits for, by role. */
type Ready = Map<string, readonly pulumi.Resource[]>

type Context = ServicesArgs & {
  readonly ready: Ready
  readonly options: pulumi.ComponentResourceOptions
}

/**
 * Renders every service of the topology, each after the services that it needs. Vehicles are started by
 * `npm run fleet`.
 *
 * @returns the Service of the ingress for clients outside the cluster; undefined if there is none
 */
export function renderServices(
  args: ServicesArgs,
  options: pulumi.ComponentResourceOptions = {},
): core.Service | undefined {
  const context = { ...args, ready: new Map() as Ready, options }
  for (const role of startNames) {
    if (roles[role].isClient) continue
    const [first, ...others] = args.plansOf(role)
    if (first === undefined) continue
    const plans = [first, ...others] as const
    if (hasVolume(role)) renderServers(role, plans, context)
    else if (first.ready.kind === 'exit') renderJob(first, context)
    else renderReplicas(role, plans, context)
  }
  if (args.context.config.kubernetes.service === 'ClusterIP') return undefined
  const after = context.ready.get('ingress') ?? []
  return new PublicAddress('public-address', { context: args.context, after }, options).service
}

function renderServers(role: Role, plans: readonly ServicePlan[], context: Context): void {
  const { ready, options } = context
  const start = (plan: ServicePlan, after: readonly pulumi.Resource[]) =>
    new Server(plan.name, { ...podArgs(role, context), plan, after }, options).ready
  const after = dependenciesOf(role, context)
  const [first, others] = roles[role].cluster === 'majority' ? majorityFirst(plans) : [plans, []]
  const servers = inOrder(role, first, (plan, before) => start(plan, [...after, ...before]))
  ready.set(role, [...servers, ...others.map((plan) => start(plan, [...after, ...servers]))])
}

/**
 * Brokers start and restart one after another: the next one when the port of the last one is open. Its replicas may not
 * be in sync yet; then readings are refused for seconds, and sent again.
 */
function inOrder(
  role: Role,
  plans: readonly ServicePlan[],
  start: (plan: ServicePlan, before: readonly pulumi.Resource[]) => pulumi.Resource,
): pulumi.Resource[] {
  const started: pulumi.Resource[] = []
  for (const plan of plans)
    started.push(start(plan, roles[role].cluster === 'replicas' ? started.slice(-1) : []))
  return started
}

function renderJob(plan: ServicePlan, context: Context): void {
  const { ready, options } = context
  const after = dependenciesOf(plan.role, context)
  const job = new OneTimeJob(plan.role, { ...podArgs(plan.role, context), plan, after }, options)
  ready.set(plan.role, [job.ready])
}

function renderReplicas(
  role: Role,
  plans: readonly [ServicePlan, ...ServicePlan[]],
  context: Context,
): void {
  const { ready, options } = context
  const after = dependenciesOf(role, context)
  const service = serviceOf(role, context)
  const replicas = new Replicas(role, { ...podArgs(role, context), plans, after, service }, options)
  ready.set(role, [replicas.ready])
}

/** Within the cluster, the ingress and the dashboard have an address; DNS names the pods of all others. */
function serviceOf(role: Role, { context: { config } }: Context): ServiceSpec {
  const main = roles[role].ports?.main
  if (main === undefined || !publicRoles.includes(role)) return headless
  const publicPort = publicPortOf(role, config)
  const ports = [
    { name: 'main', port: main.container },
    ...(publicPort === main.container ? [] : [{ name: 'tls', port: publicPort }]),
  ]
  // For `kubectl port-forward`, with the port that the configuration names.
  const forwarded = { name: 'forwarded', port: main.host(config), targetPort: main.container }
  const isForwarded = role === 'dashboard' && forwarded.port !== main.container
  return { type: 'ClusterIP', ports: isForwarded ? [...ports, forwarded] : ports }
}

function podArgs(role: Role, { context, secrets, userFiles, imageOf }: Context) {
  return { context, secrets, image: imageOf(role), files: userFiles.of(role) }
}

/** The resources that must be ready before a role starts. HAProxy also waits for what is behind it. */
function dependenciesOf(role: Role, { ready }: Context): pulumi.Resource[] {
  const names = roles[role].needs.map(({ name }) => name)
  const behind = role === 'ingress' ? ['producer', 'consumer'] : []
  return [...names, ...behind].flatMap((name) => ready.get(name) ?? [])
}
