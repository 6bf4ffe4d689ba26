import { labels, platformLabels, roleLabels } from '../../../infra/kubernetes/names.ts'
import { hasVolume } from '../../../infra/kubernetes/placement.ts'
import type { Role } from '../../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import type { ServiceState } from '../target.ts'
import type { Cluster } from './cluster.ts'

/** A pod, as the API server describes it. */
export type Pod = {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly creationTimestamp?: string
    /** Set while the pod ends. */
    readonly deletionTimestamp?: string
  }
  readonly status: {
    readonly phase: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly restartCount: number
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string }
      }
    }[]
  }
}

/** The pods of the platform, without those that end. */
export async function podsOf(cluster: Cluster): Promise<readonly Pod[]> {
  return stay(await cluster.list<Pod>('pods', platformLabels))
}

/** The pods of a role, without those that end. */
export async function podsOfRole(cluster: Cluster, role: Role): Promise<readonly Pod[]> {
  return stay(await cluster.list<Pod>('pods', roleLabels(role)))
}

const stay = (pods: readonly Pod[]): Pod[] =>
  pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)

/**
 * The pod of each instance; undefined if it has none. A pod of a role without volumes belongs to no instance in
 * particular: ready ones come first, then older ones.
 */
export function podsByPlan(
  plans: readonly ServicePlan[],
  pods: readonly Pod[],
): ReadonlyMap<ServicePlan, Pod | undefined> {
  const ordered = [...pods].sort(
    (one, other) => Number(isReady(other)) - Number(isReady(one)) || byAge(one, other),
  )
  return new Map(
    plans.map((plan) => {
      const ofRole = ordered.filter(({ metadata }) => metadata.labels?.[labels.role] === plan.role)
      return [plan, hasVolume(plan.role) ? instanceIn(ofRole, plan.name) : ofRole[plan.instance]]
    }),
  )
}

const instanceIn = (pods: readonly Pod[], name: string): Pod | undefined =>
  pods.find(({ metadata }) => metadata.labels?.[labels.instance] === name)

function byAge({ metadata: one }: Pod, { metadata: other }: Pod): number {
  const { creationTimestamp: first = '', name } = one
  const { creationTimestamp: second = '', name: otherName } = other
  return first.localeCompare(second) || name.localeCompare(otherName)
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false

/** Why a pod is not ready, in the words of the cluster; null if it gives no reason. */
export function reasonOf({ status }: Pod): string | null {
  const [container] = status.containerStatuses ?? []
  const { reason, message } = container?.state?.waiting ?? {}
  if (reason !== undefined) return message === undefined ? reason : `${reason}: ${message}`
  const unscheduled = status.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  )
  return unscheduled?.message ?? null
}

export const restartsOf = ({ status }: Pod): number =>
  (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)

/** @param whyNotReady asks a service that runs but is not ready */
export async function statesOf(
  plans: readonly ServicePlan[],
  pods: readonly Pod[],
  whyNotReady: (plan: ServicePlan, pod: Pod) => Promise<string | null>,
): Promise<ServiceState[]> {
  const states = [...podsByPlan(plans, pods)].map(async ([plan, pod]): Promise<ServiceState> => {
    const { name } = plan
    if (pod === undefined) return { name, where: '', state: 'down', reason: null, restarts: 0 }
    const found = { name, where: pod.metadata.name, restarts: restartsOf(pod) }
    if (isReady(pod)) return { ...found, state: 'ready', reason: null }
    const reason = reasonOf(pod) ?? (await whyNotReady(plan, pod))
    return { ...found, state: 'not ready', reason }
  })
  return Promise.all(states)
}
