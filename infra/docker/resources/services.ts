import type * as pulumi from '@pulumi/pulumi'
import type { Role } from '../../topology/role-registry.ts'
import { roles, startNames } from '../../topology/role-registry.ts'
import { certificateFolders } from '../../topology/roles/ingress.ts'
import type { RoleFile } from '../../topology/role-file.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { Mount, ContainerContext } from './container.ts'
import { Ingress } from './servers/ingress.ts'
import { Kafka } from './servers/kafka.ts'
import { Objects } from './servers/objects.ts'
import { labels } from '../names.ts'
import { mountedFiles, mountOf } from '../../containers/placement.ts'
import { Postgres } from './servers/postgres.ts'
import { Roads } from './roads.ts'
import type { Secrets } from './secrets.ts'
import { Service } from './service.ts'
import { ZooKeeper } from './servers/zookeeper.ts'

export type ServicesArgs = {
  readonly surroundings: ContainerContext
  readonly secrets: Secrets
  readonly plansOf: (role: Role) => readonly ServicePlan[]
  readonly imageOf: (role: Role) => pulumi.Input<string>
  /** The clone. Paths of user files are relative to it. */
  readonly root: string
}

/** Resources that exist already. */
type Made = {
  readonly components: Map<string, pulumi.ComponentResource>
  postgres?: Postgres
  zookeeper?: ZooKeeper
  ingress?: Ingress
  roads?: Roads
}

type Context = ServicesArgs & {
  readonly made: Made
  readonly options: pulumi.ComponentResourceOptions
}

/** Roles with their own component on Docker. All others are our services. */
const forms: Readonly<Partial<Record<Role, (context: Context) => pulumi.ComponentResource>>> = {
  postgres: (context) => {
    const args = { ...one('postgres', context), secrets: context.secrets }
    return (context.made.postgres = new Postgres('postgres', args, context.options))
  },
  zookeeper: (context) => {
    const args = { ...several('zookeeper', context), secrets: context.secrets }
    return (context.made.zookeeper = new ZooKeeper('zookeeper', args, context.options))
  },
  kafka: (context) => {
    const zookeeper = present(context.made.zookeeper, 'zookeeper')
    const args = { ...several('kafka', context), zookeeper, secrets: context.secrets }
    return new Kafka('kafka', args, context.options)
  },
  objects: (context) => {
    const args = { ...one('objects', context), secrets: context.secrets }
    return new Objects('objects', args, context.options)
  },
  // HAProxy finds the producers through DNS.
  ingress: (context) => {
    const after = ['producer', 'consumer'].map((name) => componentOf(name, context))
    const { secrets, root, surroundings } = context
    const folders = certificateFolders(surroundings.config).map((folder) => mountOf(folder, root))
    const args = { ...one('ingress', context), secrets, certificateFolders: folders, after }
    return (context.made.ingress = new Ingress('ingress', args, context.options))
  },
}

/** Components whose Pulumi name is not their role name. */
const componentNames: Readonly<Partial<Record<Role, string>>> = {
  consumer: 'consumers',
  producer: 'producers',
}

/**
 * Renders every service of the topology as containers, each after the services that it needs. Vehicles are
 * started by `npm run fleet`.
 *
 * @returns `postgres` is undefined if the user runs the server
 */
export function renderServices(
  args: ServicesArgs,
  options: pulumi.ComponentResourceOptions = {},
): { readonly postgres: Postgres | undefined; readonly ingress: Ingress } {
  const made: Made = { components: new Map() }
  const context = { ...args, made, options }
  for (const role of startNames) {
    if (roles[role].isClient || args.plansOf(role).length === 0) continue
    made.components.set(role, forms[role]?.(context) ?? renderService(role, context))
  }
  return {
    postgres: made.postgres,
    ingress: present(made.ingress, 'ingress'),
  }
}

function renderService(role: Role, context: Context): Service {
  const { surroundings, secrets, options } = context
  const { config } = surroundings
  const args = {
    ...several(role, context),
    files: mountsOf(roles[role], context),
    after: roles[role].needs.flatMap(({ name }) => context.made.components.get(name) ?? []),
    secrets,
    // Commands find the platform by this label. It is on containers that run all the time, because
    // `docker container prune` removes the others. Consumers can be replaced without a refused request.
    ...(role === 'consumer' && { labels: { [labels.config]: JSON.stringify(config) } }),
  }
  return new Service(componentNames[role] ?? role, args, options)
}

/** Mounts of user files and of the roads, for a role that reads them. */
function mountsOf(role: RoleFile, context: Context): Mount[] {
  const { surroundings, root, made, options } = context
  const { config } = surroundings
  const files = mountedFiles(role, config, root)
  if (role.roads !== 'read') return files
  made.roads ??= new Roads('roads', { config }, options)
  return [...files, made.roads.mount]
}

function componentOf(name: string, { made }: Context): pulumi.ComponentResource {
  return present(made.components.get(name), name)
}

function present<Component>(component: Component | undefined, name: string): Component {
  if (component === undefined) throw new Error(`${name} is not there yet`)
  return component
}

type Common = Pick<ServicesArgs, 'surroundings' | 'plansOf' | 'imageOf'>

function several(role: Role, { surroundings, plansOf, imageOf }: Common) {
  return { plans: plansOf(role), image: imageOf(role), surroundings }
}

function one(role: Role, { surroundings, plansOf, imageOf }: Common) {
  const [plan] = plansOf(role)
  if (!plan) throw new Error(`the topology has no ${role}`)
  return { plan, image: imageOf(role), surroundings }
}
