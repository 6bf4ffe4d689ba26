import type { Role } from '../../infra/topology/registry.ts'
import type { Target } from '../platform/running-platform.ts'
import type { WorkloadPlatform } from '../workload/platform.ts'

/** What cannot be done on the machine at hand, and why: a part of a sentence. */
export type Unavailable = { readonly unavailable: string }

/** A connection between services, or to one of them, that can be disturbed. */
export interface Link {
  /** E.g. `consumer–postgres`. */
  readonly name: string
  /** Nothing goes through any more, and nobody is told. */
  cut(): Promise<void>
  /** Everything takes longer. */
  slow(): Promise<void>
  heal(): Promise<void>
}

/** A small file system with the database on it, which can be filled. */
export interface SmallDisk {
  moveIn(): Promise<void>
  fill(): Promise<void>
  free(): Promise<void>
  moveOut(): Promise<void>
}

/** A consumer beside another one, and whether it belongs to the platform or takes part for a fault alone. */
export type SpareConsumer = { readonly name: string; readonly isPartOfPlatform: boolean }

/** A platform that is broken on purpose, whatever its target. */
export interface PlatformUnderTest extends WorkloadPlatform, AsyncDisposable {
  readonly target: Target
  /** Names of the services of a role, e.g. `consumer-0`. */
  services(role: Role): string[]
  /** kill -9; what runs the platform starts it again. */
  kill(name: string): Promise<void>
  /** SIGTERM, and no start before `start`. */
  stop(name: string): Promise<void>
  /** Resolves when the service does its work. */
  start(name: string): Promise<void>
  freeze(name: string): Promise<void>
  thaw(name: string): Promise<void>
  readonly spareConsumer: SpareConsumer | Unavailable
  readonly cuttable: readonly Link[] | Unavailable
  readonly slowable: readonly Link[] | Unavailable
  readonly disk: SmallDisk | Unavailable
}

export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'unavailable' in value
}
