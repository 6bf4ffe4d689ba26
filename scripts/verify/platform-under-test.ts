import type { Role } from '../../infra/topology/role-registry.ts'
import type { WorkloadPlatform } from '../workload/platform.ts'

/**
 * A fault cannot be injected on this machine. `unavailable` is the reason, as a part of a sentence.
 */
export type Unavailable = { readonly unavailable: string }

/** A connection between services, or to one of them, that can be disturbed. */
export interface Link {
  /** E.g. `consumer–postgres`. */
  readonly name: string
  /** The roles that it connects. */
  readonly roles: readonly Role[]
  /** Stops all data. Connections stay open and no error is reported. */
  cut(): Promise<void>
  /** Delays all data. */
  slow(): Promise<void>
  heal(): Promise<void>
}

/** A small file system that holds the database and can be filled. */
export interface SmallDisk {
  moveIn(): Promise<void>
  fill(): Promise<void>
  free(): Promise<void>
  moveOut(): Promise<void>
}

/** Stops a service with SIGSTOP, and lets it continue. */
export interface Freezer {
  freeze(name: string): Promise<void>
  thaw(name: string): Promise<void>
}

/**
 * A second instance of the role that stores the units. Either it is part of the platform, or it runs
 * only during a fault.
 */
export type SpareInstance = { readonly name: string; readonly isPartOfPlatform: boolean }

/** A platform into which faults are injected, on any target. */
export interface PlatformUnderTest extends WorkloadPlatform, AsyncDisposable {
  /** The name of the target. */
  readonly target: string
  /** Names of the services of a role, e.g. `consumer-0`. */
  services(role: Role): string[]
  /** Ends a service at once. The supervisor of the platform starts it again. */
  kill(name: string): Promise<void>
  /** SIGTERM. The service is not restarted before `start`. */
  stop(name: string): Promise<void>
  /** Resolves when the service is ready. */
  start(name: string): Promise<void>
  readonly freezer: Freezer | Unavailable
  readonly spare: SpareInstance | Unavailable
  readonly cuttable: readonly Link[] | Unavailable
  readonly slowable: readonly Link[] | Unavailable
  readonly disk: SmallDisk | Unavailable
}

export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'unavailable' in value
}
