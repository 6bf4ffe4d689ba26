import type { Role } from '../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'

/** A service that opens connections to another one. */
export type Link = { readonly from: ServicePlan; readonly to: ServicePlan }

/** A link between two roles: each instance of one connects to each instance of the other. */
export type RoleLink = {
  readonly from: Role
  readonly to: Role
  /** What the connections are for. */
  readonly purpose: string
  /** Whether readings take this link on their way to the table. */
  readonly carriesReadings: boolean
}

/**
 * The links of services, found by the addresses in their environment and settings. The ingress names
 * its producers there too, although HAProxy finds them by DNS. Brokers find each other through ZooKeeper,
 * so no plan names that link.
 */
export function linksOf(plans: readonly ServicePlan[]): Link[] {
  return plans.flatMap((from) => {
    const hosts = hostsNamedBy(from)
    return plans
      .filter((to) => to !== from && (hosts.has(hostOf(to)) || areBrokers(from, to)))
      .map((to) => ({ from, to }))
  })
}

/**
 * The links of roles.
 *
 * @throws Error if only some instances of two roles are linked, because one arrow cannot show that
 */
export function roleLinksOf(plans: readonly ServicePlan[]): RoleLink[] {
  const links = linksOf(plans)
  const roles = [...new Set(plans.map(({ role }) => role))]
  return roles.flatMap((from) =>
    roles
      .filter((to) => isLinked({ from, to }, links, plans))
      .map((to) => ({ from, to, ...purposeOf(from, to) })),
  )
}

type Roles = Pick<RoleLink, 'from' | 'to'>

function isLinked(
  { from, to }: Roles,
  links: readonly Link[],
  plans: readonly ServicePlan[],
): boolean {
  const count = (role: Role): number => plans.filter((plan) => plan.role === role).length
  const all = count(from) * (from === to ? count(to) - 1 : count(to))
  const { length } = links.filter((link) => link.from.role === from && link.to.role === to)
  if (length !== 0 && length !== all) {
    throw new Error(`only ${length} of ${all} connections from ${from} to ${to} are there`)
  }
  return length > 0
}

/**
 * The hosts of every `host:port`, and the values of variables whose name ends in `_HOST`. The list of
 * watched services is left out: health checks are not shown.
 */
function hostsNamedBy({ env, settings }: ServicePlan): Set<string> {
  const named = Object.entries({ ...env, ...settings })
    .filter(([key]) => key !== 'WATCHED_SERVICES')
    .flatMap(([key, value]) => [
      ...[...value.matchAll(/([\w.-]+):\d+/g)].map(([, host = '']) => host),
      ...(key.endsWith('_HOST') ? [value] : []),
    ])
  return new Set(named)
}

/** The host name by which others reach a service; empty if it has no address. */
function hostOf({ ready }: ServicePlan): string {
  return 'address' in ready ? ready.address.host : ''
}

function areBrokers(from: ServicePlan, to: ServicePlan): boolean {
  return from.role === 'kafka' && to.role === 'kafka'
}

type Purpose = Pick<RoleLink, 'purpose' | 'carriesReadings'>

const readings = (purpose: string): Purpose => ({ purpose, carriesReadings: true })
const other = (purpose: string): Purpose => ({ purpose, carriesReadings: false })

/** What each link is for; a plan does not say this. */
const purposes: Readonly<Record<string, Purpose>> = {
  'fleet to ingress': readings('readings'),
  'ingress to producer': readings('readings'),
  'producer to kafka': readings('writes records'),
  'consumer to kafka': readings('reads records'),
  'consumer to postgres': readings('rows, ledger'),
  'worker to kafka': other('other topics'),
  'worker to postgres': other('rows, ledger'),
  'producer to postgres': other('receipts, count'),
  'provision to kafka': other('topic'),
  'provision to postgres': other('tables'),
  'provision to objects': other('bucket'),
  'worker to objects': other('files'),
  'dashboard to objects': other('files'),
  'dashboard to kafka': other('live readings'),
  'dashboard to postgres': other('history'),
  'kafka to zookeeper': other('state of the brokers'),
  'kafka to kafka': other('replication'),
  'zookeeper to zookeeper': other('election, replication'),
}

function purposeOf(from: Role, to: Role): Purpose {
  return purposes[`${from} to ${to}`] ?? other('')
}
