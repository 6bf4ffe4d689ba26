import type { PlatformConfig } from '../../config/config-schema.ts'
import type { ReadyCheck } from '../../topology/role-file.ts'
import { roles } from '../../topology/role-registry.ts'
import type { ServicePlan } from '../../topology/service-plan.ts'

/** The user of a container. Never root. */
export type ContainerUser = {
  /** As Docker takes it: `uid:gid` or the name of a user in the image. */
  readonly name: string
  /** Its uid and gid in the image, which are the same number. */
  readonly id: number
}

/** What runs in the container of an instance. Docker and Kubernetes render it with their own limits and mounts. */
export type ContainerProgram = {
  readonly user: ContainerUser
  /** Replaces the entrypoint of the image. */
  readonly entrypoint?: string[]
  /** Replaces the arguments of the image. */
  readonly command?: string[]
  readonly env: Readonly<Record<string, string>>
  /** The names of the secrets that it reads, each a file `/run/secrets/NAME/secret`. */
  readonly secrets: readonly string[]
  /** Small writable folders that are empty after each start, besides `/tmp`. */
  readonly scratch?: readonly string[]
  /** How to check that it is ready, instead of the check of the plan. */
  readonly ready?: ReadyCheck
  /** Seconds after the signal to stop in which it still accepts connections, but is not ready. Undefined: none. */
  readonly drainSeconds?: number
}

/** What runs the containers. */
export type ContainerTarget = 'docker' | 'kubernetes'

/** What a program is made from. */
export type ProgramContext = {
  readonly plan: ServicePlan
  readonly config: PlatformConfig
  readonly target: ContainerTarget
}

/** The user in our images: an unused uid without rights. */
export const ourUser: ContainerUser = { name: '10001:10001', id: 10_001 }

/** The memory limit of a service's container, in megabytes. */
export function memoryOf({ role, heapMegabytes = 0, childMegabytes = 0 }: ServicePlan): number {
  return roles[role].memoryBesideHeapMegabytes + heapMegabytes + childMegabytes
}
