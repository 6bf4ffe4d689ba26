import type { Address } from './addresses.ts'

/** The port of a service's work, of its health and metrics, or for workers on other machines. */
export type PortName = 'main' | 'ops' | 'workers'

/**
 * The passwords of the database's roles, of our services at Kafka, of workers on other machines at
 * Kafka, and of the brokers at ZooKeeper; the secret that the ingress shows to the producers; and
 * `gateway`, the token with which programs of the platform report. Files and volumes of running
 * platforms have these names, so a renamed one would need a migration.
 */
export const secretNames = [
  ...(['owner', 'writer', 'worker', 'operator', 'reader'] as const),
  ...(['kafka', 'kafka-worker', 'zookeeper', 'proxy', 'gateway'] as const),
] as const
export type SecretName = (typeof secretNames)[number]

/** A user's file that a service reads. */
export type UserFile = {
  /** Its name in containers: of the secret, or of the mounted file. */
  readonly name: string
  /** Path on the user's machine, relative to the clone; empty if the user gives none. */
  readonly path: string
  /** A secret is copied to a volume that only its readers mount; a large file is mounted directly. */
  readonly kind: 'secret' | 'mount'
}

/** Addresses and paths on a target. Targets differ only in this part of the topology. */
export type Placement = {
  /** What the services run in. */
  readonly kind: 'processes' | 'containers'
  /**
   * The address at which other services reach an instance.
   *
   * @throws Error if the role or the port does not exist
   */
  readonly reach: (role: string, instance: number, port: PortName) => Address
  /** The address on which the instance listens. Throws like `reach`. */
  readonly listen: (role: string, instance: number, port: PortName) => Address
  /** The address at which the machine reaches a broker, if it is another one. */
  readonly hostListener?: (
    instance: number,
  ) => { readonly listen: Address; readonly reach: Address } | undefined
  /** The address at which services reach a Postgres of the user, if it is not that of the configuration. */
  readonly databaseAddress?: Address
  /** Path of the file with a password, in the service. */
  readonly secretFile: (name: SecretName) => string
  /** Path of a user's file, in the service that reads it. */
  readonly userFile: (file: UserFile) => string
  /** Path of a file that the topology writes, in the services that read it. */
  readonly generatedFile: (name: string) => string
  /**
   * Path of the file with the roads of the simulated vehicles, in its reader or writer. Undefined for
   * vehicles that share no disk with the dashboard: the command that starts them writes the file.
   */
  readonly roadsFile: (use: 'read' | 'write') => string | undefined
  /** The certificate that `ingress.tls.selfSigned` makes; undefined where it is not made. */
  readonly ownCertificate: () => { readonly certFile: string; readonly keyFile: string } | undefined
  /** Lines of Postgres' `pg_hba.conf` for the services of the platform and commands on its machine. */
  readonly databaseAccess: readonly string[]
  /** The folder that is the bucket if no S3 server is configured; undefined where no folder can be one. */
  readonly bucketFolder: (bucket: string) => string | undefined
  /** Text that the target replaces with the name of the instance. Undefined: role and number, e.g. `worker-0`. */
  readonly instanceName?: string
  /**
   * Number of instances of a role that may run for a moment besides those of the configuration, while
   * instances are replaced. Undefined: none.
   */
  readonly surplusInstances?: (role: string) => number
  /** Path of a data file, in the instance that keeps it. */
  readonly dataFile: (role: string, instance: number, file: string) => string
}
