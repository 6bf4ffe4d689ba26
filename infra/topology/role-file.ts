import type { Address } from './addresses.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { JaasSection } from './logins/jaas.ts'
import type { Placement, PortName, SecretName, UserFile } from './placement.ts'

/** A role file: everything that all targets need to know about a role. */
export type RoleFile = {
  /** The name under which `roles/index.ts` exports it. */
  readonly name: string
  /** Number of instances. */
  readonly instances: (config: PlatformConfig) => number
  /** Set if it runs only on targets of this kind. */
  readonly onlyIn?: 'containers'
  /** Whether another role listens at its address, so that it is not started. Default: no. */
  readonly isReplaced?: (config: PlatformConfig, kind: Placement['kind']) => boolean
  /** The roles that must be ready before an instance starts. Those without instances are left out. */
  readonly needs: readonly RoleFile[]
  readonly stop: StopRule
  readonly ports?: Readonly<Partial<Record<PortName, RolePort>>>
  /** Two more ports of each server of a cluster, for the servers only; distances from the main port. */
  readonly peerPorts?: (mainPort: number) => readonly number[]
  /** A container is replaced after the one before is ready, so that clients always find one of several. */
  readonly isReplacedInTurn?: true
  /** Other services reach all instances under the name of the role, so the address does not change. */
  readonly isReachedByRole?: true
  /**
   * Set if instances hold copies of each other's data, so that none can be removed.
   * `majority`: they serve by majority; their number is odd, and a majority starts first.
   */
  readonly cluster?: 'replicas' | 'majority'
  readonly image: RoleImage
  /** Our program; undefined for third-party servers, which each target runs in its own way. */
  readonly bundle?: RoleBundle
  /** Memory of a container beyond the heap, in megabytes; total memory if the heap has no limit. */
  readonly memoryBesideHeapMegabytes: number
  /** Passwords that it reads. */
  readonly secrets?: readonly SecretName[]
  readonly userFiles?: (config: PlatformConfig) => readonly RoleUserFile[]
  /** The volume of a container for data that must outlive it. */
  readonly volume?: RoleVolume
  /** Whether it reads or writes the roads of the simulated vehicles. */
  readonly roads?: 'read' | 'write'
  /** Whether it gets the variable `PIPELINES_FILE`. */
  readonly knowsPipelines?: true
  /** Maximum number of connections to Postgres of an instance. */
  readonly databaseConnections?: (config: PlatformConfig) => number
  /** How the dashboard checks an instance; undefined if it does not. */
  readonly watch?: WatchRule
  /** It connects like an external client. Targets with containers leave it to `npm run fleet`. */
  readonly isClient?: true
  readonly plan: (context: PlanContext, instance: number) => PlanDetails
}

type StopRule = {
  /** Place in the shutdown order: the lowest rank stops first. Senders have lower ranks than receivers. */
  readonly rank: number
  /** Milliseconds for a graceful shutdown. The sum over all ranks stays below 20 seconds. */
  readonly graceMs: number
  /** Signal for a graceful shutdown; default SIGTERM. */
  readonly signal?: 'SIGINT'
}

export type RolePort = {
  /** Port in the container. */
  readonly container: number
  /** Port in the container for connections from the machine, if it is another one. */
  readonly publishedContainer?: (config: PlatformConfig) => number
  /** Port of the first instance on this machine. Further instances use the following ports. */
  readonly host: (config: PlatformConfig) => number
  /** The key of the configuration that changes it, if there is one. */
  readonly key?: string
  /** Whether it is open on targets of this kind; default yes. */
  readonly isOpen?: (config: PlatformConfig, kind?: Placement['kind']) => boolean
  /** Address on which it listens on this machine; default loopback. */
  readonly hostAddress?: (config: PlatformConfig) => HostAddress
  /** Only our services connect to it: a container does not publish it. */
  readonly isInternal?: true
}

type HostAddress = {
  readonly host: string
  /** The key of the address, if it can be configured. */
  readonly hostKey?: string
}

type RoleImage = {
  /** The key of `images` in the configuration. */
  readonly from: keyof PlatformConfig['images']
  /** Whether our image is built on it; false if it runs unchanged. */
  readonly isBuilt: boolean
}

/** How one of our programs is bundled into one file. */
type RoleBundle = {
  /** Entry point, relative to the clone. */
  readonly main: string
  /** It uses Postgres: the SQL statements and migrations are copied too. */
  readonly hasSql?: true
  /** Further programs that it starts: entry points by the names of their bundles, which are beside its own. */
  readonly programs?: Readonly<Record<string, string>>
  /** Folder with what it ships for its users: `handlers`, which are bundled, and files that are copied. */
  readonly shipped?: string
  /** It serves the dashboard's page, which is bundled too. */
  readonly hasPage?: true
  /** Files that it serves unchanged, which a bundle cannot contain. */
  readonly packageFiles?: readonly PackageFiles[]
}

/** Files of an npm package. */
export type PackageFiles = { readonly package: string; readonly files: readonly string[] }

export type RoleUserFile = UserFile & {
  /** The key of the configuration that names it. */
  readonly key: string
  /** The expected format. */
  readonly format: 'token' | 'key' | 'authorities' | 'pmtiles' | 'folder'
}

type RoleVolume = {
  /** Where it is mounted. */
  readonly path: string
  /** The data file that is the volume itself; other files are below it. */
  readonly holds?: string
}

type WatchRule = {
  readonly port: PortName
  /** HTTP path that answers 200 if the service is ready; empty if a TCP connection is enough. */
  readonly path: (config: PlatformConfig) => string
}

/** The input for the plan of a role. */
export type PlanContext = {
  readonly config: PlatformConfig
  readonly placement: Placement
  /** Seed of the simulated vehicles. */
  readonly fleetSeed: number
  /** Services that the dashboard watches: `NAME=HOST:PORT/PATH`, separated by commas; no path if there is no HTTP. */
  readonly watchedServices: string
  /** Maximum number of connections to Postgres of all instances together. */
  readonly databaseConnections: number
}

/** How a target checks that a service is ready, not only running. */
export type ReadyCheck =
  | { readonly kind: 'sql'; readonly address: Address }
  /** ZooKeeper serves clients; a server outside a quorum does not. */
  | { readonly kind: 'quorum'; readonly address: Address }
  | { readonly kind: 'broker'; readonly address: Address }
  | {
      readonly kind: 'http'
      readonly address: Address
      readonly path: string
      /**
       * A path that returns an answer of any status while the service runs. Without an answer for 15 s
       * the service is restarted. Undefined: it is not checked.
       */
      readonly alivePath?: string
    }
  | { readonly kind: 'exit' }
  | { readonly kind: 'none' }

/** The configuration of an instance. */
export type PlanDetails = {
  /** Environment variables of our services. */
  readonly env?: Readonly<Record<string, string>>
  /** Settings of Postgres, ZooKeeper and Kafka, by their own names. */
  readonly settings?: Readonly<Record<string, string>>
  /** Logins of Kafka and ZooKeeper, for their JAAS file. */
  readonly logins?: readonly JaasSection[]
  /** Lines of Postgres' `pg_hba.conf`; without them the one of its data folder applies. */
  readonly access?: readonly string[]
  /** Maximum heap of Java or Node, in megabytes. */
  readonly heapMegabytes?: number
  /** Memory of the processes that it starts, in megabytes. */
  readonly childMegabytes?: number
  /**
   * Megabytes of a semi-space of Node's young generation, which has three; V8's default is 16. Less
   * costs speed: with 4 a producer handles a third fewer requests. A worker stores records as fast
   * with 8 as with 16.
   */
  readonly youngMegabytes?: number
  readonly ready: ReadyCheck
}
