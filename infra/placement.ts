import type { Address } from './address.ts'
import type { Role } from './service-plan.ts'

/** A service's own work, or its health and metrics. */
export type PortName = 'main' | 'ops'

/** Files that the configuration names: the two bearer tokens, and the tiles of the map. */
type UserFile = 'token' | 'dashboard-token' | 'map'

export type SecretName = 'owner' | 'writer' | 'reader'

/** Where a target puts things: the one part of the topology in which targets differ. */
export type Placement = {
  /** Where other services reach an instance. */
  readonly reach: (role: Role, instance: number, port: PortName) => Address
  /** Where the instance itself listens. */
  readonly listen: (role: Role, instance: number, port: PortName) => Address
  /** Where a broker takes commands from the machine, if that is elsewhere. */
  readonly hostListener?: (
    instance: number,
  ) => { readonly listen: Address; readonly reach: Address } | undefined
  /** File with a Postgres role's password, as the service sees it. */
  readonly secretFile: (name: SecretName) => string
  /** A file of the user's, as the service that reads it sees it. */
  readonly userFile: (file: UserFile, path: string) => string
  /**
   * The file with the roads that the simulated vehicles drive on, as a service sees it; undefined for
   * vehicles that share no disk with the dashboard: whoever starts them writes it for them.
   */
  readonly roadsFile: (reader: 'fleet' | 'dashboard') => string | undefined
  /** A file that an instance keeps, as the instance sees it. */
  readonly dataFile: (role: Role, instance: number, file: string) => string
}
