import type { Role } from '../../infra/topology/registry.ts'
import type { ServicePlan } from '../../infra/topology/service-plan.ts'

/** Who opens connections to whom. */
export type Link = { readonly from: ServicePlan; readonly to: ServicePlan }

/** The same of two roles, each instance of one with each of the other. */
export type RoleLink = {
  readonly from: Role
  readonly to: Role
  /** What the connections are for. */
  readonly words: string
  /** Whether readings come along here on their way to the table. */
  readonly isPath: boolean
}

/**
 * A plan names by its address whomever the service connects to: the ingress its producers too, though
 * HAProxy finds them by DNS. The one thing that no plan says: brokers find each other by ZooKeeper.
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
 * The links in sum.
 *
 * @throws Error where only some instances are linked: one arrow could not say which
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
 * The hosts of `host:port` anywhere, and of a host alone where the name says that it is one. Whether
 * services are there is asked of all of them: that is not what the picture is about.
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

/** By what name others reach a service, if anybody does. */
function hostOf({ ready }: ServicePlan): string {
  return 'address' in ready ? ready.address.host : ''
}

function areBrokers(from: ServicePlan, to: ServicePlan): boolean {
  return from.role === 'kafka' && to.role === 'kafka'
}

type Purpose = Pick<RoleLink, 'words' | 'isPath'>

const path = (words: string): Purpose => ({ words, isPath: true })
const beside = (words: string): Purpose => ({ words, isPath: false })

/** What no plan says: what a connection is for. */
const purposes: Readonly<Record<string, Purpose>> = {
  'fleet to ingress': path('readings'),
  'ingress to producer': path('readings'),
  'producer to kafka': path('writes records'),
  'consumer to kafka': path('reads records'),
  'consumer to postgres': path('rows, ledger'),
  'producer to postgres': beside('receipts, count'),
  'provision to kafka': beside('topic'),
  'provision to postgres': beside('tables'),
  'dashboard to kafka': beside('follows'),
  'dashboard to postgres': beside('history'),
  'kafka to zookeeper': beside('state of the brokers'),
  'kafka to kafka': beside('copy from each other'),
  'zookeeper to zookeeper': beside('vote and copy'),
}

function purposeOf(from: Role, to: Role): Purpose {
  return purposes[`${from} to ${to}`] ?? beside('')
}
