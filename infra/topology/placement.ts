import type { Address } from './addresses.ts'

/** A service's own work, or its health and metrics. */
export type PortName = 'main' | 'ops'

/** The passwords of the database's roles. */
export const secretNames = ['owner', 'writer', 'reader'] as const
export type SecretName = (typeof secretNames)[number]

/** A file of the user's that a service reads. */
export type UserFile = {
  /** What containers know it by: the name of a secret, or of a file that is mounted. */
  readonly name: string
  /** Where it is on the user's machine, from the clone on; empty where the user gives none. */
  readonly path: string
  /** A secret is copied to where only its readers see it; a large file is mounted as it is. */
  readonly kind: 'secret' | 'mount'
}

/** Where a target puts things: the one part of the topology in which targets differ. */
export type Placement = {
  /**
   * Where other services reach an instance.
   *
   * @throws Error where the role has no such port, or there is no such role
   */
  readonly reach: (role: string, instance: number, port: PortName) => Address
  /** Where the instance itself listens; throws as `reach` does. */
  readonly listen: (role: string, instance: number, port: PortName) => Address
  /** Where a broker takes commands from the machine, if that is elsewhere. */
  readonly hostListener?: (
    instance: number,
  ) => { readonly listen: Address; readonly reach: Address } | undefined
  /** File with a Postgres role's password, as the service sees it. */
  readonly secretFile: (name: SecretName) => string
  /** A file of the user's, as the service that reads it sees it. */
  readonly userFile: (file: UserFile) => string
  /** A file that the topology writes, by its name, as the services that read it see it. */
  readonly generatedFile: (name: string) => string
  /**
   * The file with the roads that the simulated vehicles drive on, as its reader or writer sees it;
   * undefined for vehicles that share no disk with the dashboard: the command that starts them
   * writes it for them.
   */
  readonly roadsFile: (use: 'read' | 'write') => string | undefined
  /** A file that an instance keeps, as the instance sees it. */
  readonly dataFile: (role: string, instance: number, file: string) => string
}
