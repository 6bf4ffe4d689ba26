import type { Address } from './addresses.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Placement, PortName, SecretName, UserFile } from './placement.ts'

/** What a role file declares: everything that all targets need to know about a role. */
export type RoleFile = {
  /** The name under which `roles/index.ts` exports it. */
  readonly name: string
  /** How many instances run. */
  readonly instances: (config: PlatformConfig) => number
  /** The roles that must be ready before an instance starts. */
  readonly needs: readonly RoleFile[]
  readonly order?: ListOrder
  readonly stop: StopRule
  readonly ports?: Readonly<Partial<Record<PortName, RolePort>>>
  /** Two more ports of each server where there are several, on which only they talk; from its main port. */
  readonly peerPorts?: (mainPort: number) => readonly number[]
  /** Others reach it under the name of its role, so that its address stays one. */
  readonly isReachedByRole?: true
  /**
   * Set where instances hold copies of each other's data, so that none can be taken away again.
   * `majority`: they serve by majority, so that their number is odd and a majority starts first.
   */
  readonly cluster?: 'replicas' | 'majority'
  readonly image: RoleImage
  /** The program, where it is ours; each target has its own way to run other servers. */
  readonly bundle?: RoleBundle
  /** What a container may take beyond the heap, or in all where the heap has no limit. */
  readonly memoryBesideHeapMegabytes: number
  /** The passwords that it reads. */
  readonly secrets?: readonly SecretName[]
  readonly userFiles?: (config: PlatformConfig) => readonly RoleUserFile[]
  /** Where a container keeps what outlives it. */
  readonly volume?: RoleVolume
  /** Whether it reads or writes the roads of the simulated vehicles. */
  readonly roads?: 'read' | 'write'
  /** It is told the pipelines, by the variable `PIPELINES_FILE`. */
  readonly knowsPipelines?: true
  /** The most connections to Postgres that an instance opens. */
  readonly databaseConnections?: number
  /** How the dashboard finds out whether an instance is there; left out where it does not look. */
  readonly watch?: WatchRule
  /** It connects like any client from elsewhere: targets with containers leave it to `npm run fleet`. */
  readonly isClient?: true
  readonly plan: (context: PlanContext, instance: number) => PlanDetails
}

/** Places in lists, the lowest first; without one the role comes last, by its name. */
export type ListOrder = {
  /** Among the roles that start at the same time. */
  readonly start?: number
  /** In all other lists: of ports, of files, of what stops at the same time. */
  readonly list?: number
}

type StopRule = {
  /** The lowest ranks stop first: what sends before what is sent to. */
  readonly rank: number
  /** Milliseconds an instance has to end in good order; those of all ranks together stay below 20 seconds. */
  readonly graceMs: number
  /** What asks it to end; SIGTERM where left out. */
  readonly signal?: 'SIGINT'
}

export type RolePort = {
  /** Where it listens in its container. */
  readonly container: number
  /** Where a container takes what comes through the port published on the machine, if elsewhere. */
  readonly publishedContainer?: number
  /** Port of the first instance on this machine; the next instances have the next ports. */
  readonly host: (config: PlatformConfig) => number
  /** The key of the configuration that moves it, where there is one. */
  readonly key?: string
  /** Address of this machine on which it is taken; loopback where left out. */
  readonly hostAddress?: (config: PlatformConfig) => HostAddress
  /** Only services of ours connect to it: a container does not publish it. */
  readonly isInternal?: true
}

type HostAddress = {
  readonly host: string
  /** The key that has the address, where it is a person's choice. */
  readonly hostKey?: string
}

type RoleImage = {
  /** The key of `images` in the configuration. */
  readonly from: keyof PlatformConfig['images']
  /** Whether an image of ours is built on it, or it runs as it is. */
  readonly isBuilt: boolean
}

/** How a program of ours becomes one file. */
type RoleBundle = {
  /** Where it begins, from the clone on. */
  readonly main: string
  /** It knows Postgres: its statements and migrations come along. */
  readonly hasSql?: true
  /** It hands out the dashboard's page, which comes along. */
  readonly hasPage?: true
  /** What it hands out as it is, so that no bundle can hold it. */
  readonly packageFiles?: readonly PackageFiles[]
}

/** Files of a package of npm. */
export type PackageFiles = { readonly package: string; readonly files: readonly string[] }

export type RoleUserFile = UserFile & {
  /** The key of the configuration that names it. */
  readonly key: string
  /** What must be in it. */
  readonly format: 'token' | 'pmtiles'
}

type RoleVolume = {
  /** Where it is mounted. */
  readonly path: string
  /** The data file that is the volume itself; others are below it. */
  readonly holds?: string
}

type WatchRule = {
  /** Place in the list. */
  readonly rank: number
  readonly port: PortName
  /** What answers 200 over HTTP; an empty path where a connection is enough. */
  readonly path: (config: PlatformConfig) => string
}

/** What a role is planned from. */
export type PlanContext = {
  readonly config: PlatformConfig
  readonly placement: Placement
  /** From what the platform's own vehicles are made. */
  readonly fleetSeed: number
  /** What the dashboard watches, as `NAME=HOST:PORT/PATH` between commas; without a path where there is no HTTP. */
  readonly watchedServices: string
  /** Connections to Postgres that the instances of all roles may open together. */
  readonly databaseConnections: number
}

/** How a target finds out that a service does its work, not just that it runs. */
export type ReadyCheck =
  | { readonly kind: 'sql'; readonly address: Address }
  /** It serves clients: of several ZooKeepers only one that is in a quorum does. */
  | { readonly kind: 'quorum'; readonly address: Address }
  | { readonly kind: 'broker'; readonly address: Address }
  | { readonly kind: 'http'; readonly address: Address; readonly path: string }
  | { readonly kind: 'exit' }
  | { readonly kind: 'none' }

/** What an instance is told. */
export type PlanDetails = {
  /** What our own services read from their environment. */
  readonly env?: Readonly<Record<string, string>>
  /** What Postgres, ZooKeeper and Kafka are configured with, in their own words. */
  readonly settings?: Readonly<Record<string, string>>
  /** The most that Java's or Node's heap may take. */
  readonly heapMegabytes?: number
  /**
   * Of each half of Node's room for young objects, of which there are three; V8's own 16 where left
   * out. Less costs speed: with 4 a producer takes a third fewer requests.
   */
  readonly youngMegabytes?: number
  readonly ready: ReadyCheck
}
