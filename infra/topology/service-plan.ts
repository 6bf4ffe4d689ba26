import type { Role } from './role-registry.ts'
import type { PlanDetails } from './role-file.ts'

/** One instance of a service, which a target renders. */
export type ServicePlan = PlanDetails &
  Required<Pick<PlanDetails, 'env' | 'settings'>> & {
    /** Role and number, e.g. `producer-0`. */
    readonly name: string
    readonly role: Role
    readonly instance: number
    /** Files that the target writes for the service. */
    readonly files: readonly GeneratedFile[]
  }

/** A file that the topology writes. */
export type GeneratedFile = {
  readonly name: string
  /** Path in the service. */
  readonly path: string
  readonly content: string
}
