import type * as pulumi from '@pulumi/pulumi'
import type { Role } from '../../topology/registry.ts'
import { roles, startNames } from '../../topology/registry.ts'
import type { RoleFile } from '../../topology/role-file.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'
import type { Mount, ContainerContext } from './container.ts'
import { Ingress } from './ingress.ts'
import { Kafka } from './kafka.ts'
import { labels } from '../names.ts'
import { mountedFiles } from '../placement.ts'
import { Postgres } from './postgres.ts'
import { Roads } from './roads.ts'
import type { Secrets } from './secrets.ts'
import { Service } from './service.ts'
import { ZooKeeper } from './zookeeper.ts'

export type ServicesArgs = {
  readonly surroundings: ContainerContext
  readonly secrets: Secrets
  readonly plansOf: (role: Role) => readonly ServicePlan[]
  readonly imageOf: (role: Role) => pulumi.Input<string>
  /** The clone, from which the user's files are. */
  readonly root: string
}

/** What is made already. */
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

/** Roles that need a special form on Docker; all others are services of ours. */
const forms: Readonly<Partial<Record<Role, (context: Context) => pulumi.ComponentResource>>> = {
  postgres: (context) => {
    const args = { ...one('postgres', context), secrets: context.secrets }
    return (context.made.postgres = new Postgres('postgres', args, context.options))
  },
  zookeeper: (context) => {
    const args = several('zookeeper', context)
    return (context.made.zookeeper = new ZooKeeper('zookeeper', args, context.options))
  },
  kafka: (context) => {
    const zookeeper = present(context.made.zookeeper, 'zookeeper')
    return new Kafka('kafka', { ...several('kafka', context), zookeeper }, context.options)
  },
  // HAProxy, which finds the producers by itself.
  ingress: (context) => {
    const after = ['producer', 'consumer'].map((name) => componentOf(name, context))
    const args = { ...one('ingress', context), after }
    return (context.made.ingress = new Ingress('ingress', args, context.options))
  },
}

/** Components that Pulumi knows by another name than that of their role. */
const componentNames: Readonly<Partial<Record<Role, string>>> = {
  consumer: 'consumers',
  producer: 'producers',
}

/**
 * Every service of the topology as containers, each after what it needs. The vehicles are left to
 * `npm run fleet`.
 */
export function renderServices(
  args: ServicesArgs,
  options: pulumi.ComponentResourceOptions = {},
): { readonly postgres: Postgres; readonly ingress: Ingress } {
  const made: Made = { components: new Map() }
  const context = { ...args, made, options }
  for (const role of startNames) {
    if (roles[role].isClient) continue
    made.components.set(role, forms[role]?.(context) ?? renderService(role, context))
  }
  return {
    postgres: present(made.postgres, 'postgres'),
    ingress: present(made.ingress, 'ingress'),
  }
}

function renderService(role: Role, context: Context): Service {
  const { surroundings, secrets, options } = context
  const { config } = surroundings
  const args = {
    ...several(role, context),
    files: mountsOf(roles[role], context),
    after: roles[role].needs.map(({ name }) => componentOf(name, context)),
    secrets,
    // The commands find the platform by it.
    ...(role === 'provision' && { labels: { [labels.config]: JSON.stringify(config) } }),
  }
  return new Service(componentNames[role] ?? role, args, options)
}

/** Files of the user's, and the roads, for a role that reads them. */
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
