import type { Option } from 'commander'
import type pg from 'pg'
import { UserError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { StackRequest } from '../../infra/containers/stack.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import type { SecretName } from '../../infra/topology/placement.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import type { PlatformUnderTest } from '../verify/platform-under-test.ts'
import type { Workload } from '../workload/workload.ts'

/** Which platform a command means: the options of a user. */
export type PlatformChoice = {
  /** The name of a target. */
  readonly target?: string
  /** The network of a platform on Docker. */
  readonly network?: string
  /** The namespace of a platform on Kubernetes. */
  readonly namespace?: string
  /** The context of kubectl; undefined: the current one. */
  readonly context?: string
  /** A configuration file. The platform has the name of its network, or its namespace. */
  readonly config?: string
}

/** What a target looks for. */
export type Search = {
  readonly choice: PlatformChoice
  /** The configuration of the choice; undefined if the user gives none. */
  readonly given: PlatformConfig | undefined
  /** Whether the user means this target. Otherwise a missing program means that no platform runs there. */
  readonly isMeant: boolean
}

/** Where a platform runs: as processes of this machine, containers of an engine, or pods of a cluster. */
export type Target = {
  /** The value of `--target`. */
  readonly name: string
  /** Where its platforms run, as a part of a sentence, e.g. `on Docker`. */
  readonly place: string
  /** Options that choose one of its platforms. Each belongs to no other target. */
  readonly options: readonly Option[]
  /** Whether commands look there only if the user names the target or one of its options. */
  readonly mustBeNamed?: true
  /** Whether the choice has one of these options. */
  readonly isMeantBy: (choice: PlatformChoice) => boolean
  /**
   * @returns undefined if no such platform runs
   * @throws SilentTargetError if it may have one but does not answer; UserError if the choice is wrong
   */
  readonly find: (search: Search) => Promise<RunningPlatform | undefined>
  /** Loaded when it is needed. */
  readonly verification: () => Promise<Verification>
  /** Undefined if the platform is started without Pulumi. */
  readonly launcher?: () => Promise<Launcher>
  /** Undefined if vehicles have no containers there. */
  readonly vehicles?: () => Promise<VehicleRunner>
}

/** A target may have a platform, but it does not answer. Another target may have the platform that is meant. */
export class SilentTargetError extends UserError {}

export type ServiceState = {
  readonly name: string
  /** Its pid, or the name of its container or pod. */
  readonly where: string
  readonly state: 'ready' | 'not ready' | 'down'
  /** Why it is not ready, in its words; null if it is ready or gives no reason. */
  readonly reason: string | null
  /** How often its container was started again; only on Kubernetes. */
  readonly restarts?: number
}

/** Vehicles in a container or pod. The status of one that runs begins with `Up`. */
export type RunningVehicles = { readonly name: string; readonly status: string }

/** A running platform on any target. */
export type RunningPlatform = {
  /** The name of its target. */
  readonly target: string
  readonly config: PlatformConfig
  /** Where it runs, e.g. `on Docker, network av_telemetry`. */
  readonly place: string
  /** What a service runs in. */
  readonly unit: 'process' | 'container' | 'pod'
  /** Name of the network on Docker; null on other targets. */
  readonly network: string | null
  /** URL of the events, for the vehicles that are nearest: of this machine, or of the cluster. */
  readonly eventsUrl: string
  /** A shell command that opens psql. */
  readonly psqlLine: string
  readonly serviceStates: () => Promise<ServiceState[]>
  /** The containers or pods with vehicles. */
  readonly vehicles: () => Promise<readonly RunningVehicles[]>
  /** Connections with the owner's rights. The caller ends the pool. */
  readonly pool: () => Promise<pg.Pool>
  /** A password; without an argument of the owner of the database. */
  readonly password: (role?: SecretName) => Promise<string>
  /** The token with which programs of the platform report; undefined if an earlier version has started it. */
  readonly platformToken: () => Promise<string | undefined>
  /** The brokers, as this machine reaches them, the topic of the readings, and the login. */
  readonly kafka: () => Promise<KafkaSettings>
  /** The bucket of the files, as this machine reaches it; undefined if no files are loaded. */
  readonly bucket: () => Promise<BucketSettings | undefined>
  /** Where this machine reaches the ingress. */
  readonly ingress: () => Promise<Address>
  /** Where this machine reaches health and metrics of each instance of a role. */
  readonly operations: (role: Role) => Promise<Address[]>
}

/** How `npm run verify` opens a platform of a target. */
export type Verification =
  | {
      /** The faults are injected into a separate platform, which is started for them. */
      readonly start: (request: SeparatePlatform) => Promise<PlatformUnderTest>
      /** After all faults. @returns a line for the user */
      readonly finish: (isAllKept: boolean) => string | undefined
    }
  | {
      /** The faults are injected into the running platform of the user. */
      readonly open: (request: OwnPlatform) => Promise<PlatformUnderTest>
    }

type Test = {
  readonly workload: Pick<Workload, 'settings' | 'storedBy'>
  readonly signal: AbortSignal
}

type SeparatePlatform = Test & {
  readonly configFile: string
  /** Settings over the file. */
  readonly settings: readonly string[]
}

type OwnPlatform = Test & {
  readonly platform: RunningPlatform
  readonly choice: PlatformChoice
}

/** How the scripts launch and tear down the platform of a Pulumi stack. */
export type Launcher = {
  /** The name of the stack if the user gives none. */
  readonly defaultStack: string
  /** The program that the stack's output `psql` begins with. */
  readonly psqlProgram: string
  /** @throws UserError if the platform cannot run there. Changes nothing. */
  readonly check: (request: StackRequest) => Promise<void>
  /** Printed after a launch. */
  readonly afterwards: string
  /** @throws UserError if the target does not answer */
  readonly requireAnswer: () => Promise<void>
  /** Before anything is removed. */
  readonly prepareTeardown: (own: PlatformConfig, options: TeardownOptions) => Promise<Teardown>
}

type TeardownOptions = {
  /** Whether the images that were built are removed too. */
  readonly images: boolean
  /** The stack with its project, e.g. `av-telemetry/dev`. */
  readonly stack: string
}

/** What is left to do after `pulumi destroy`. */
type Teardown = { readonly finish: () => Promise<void> }

/** Vehicles that run in containers or pods beside a platform. */
export type VehicleRunner = {
  /** Whether it can run these vehicles. Others run in the process of the command. */
  readonly takes: (wanted: FilesAndAddress) => boolean
  /** Resolves to the exit code. @throws UserError */
  readonly start: (wanted: WantedVehicles, signal: AbortSignal) => Promise<number>
  /** Removes all vehicles. Resolves to the exit code. */
  readonly takeDown: (config: PlatformConfig, choice: PlatformChoice) => Promise<number>
}

/** The options that not every runner of vehicles can use. */
type FilesAndAddress = {
  readonly [Name in 'host' | 'trace' | 'caFile' | 'tokenFile']?: string | undefined
}

export type WantedVehicles = {
  /** The configuration with the options of the command line applied. */
  readonly config: PlatformConfig
  readonly choice: PlatformChoice
  /** Undefined if the user gives the address of a platform elsewhere. */
  readonly platform: RunningPlatform | undefined
  readonly seed: number
  readonly numVehicles: number
  /** Vehicles in one container or pod. */
  readonly vehiclesPerContainer: number
  /** The address of an ingress that the user gives. */
  readonly host: string | undefined
  /** A recorded drive on this machine. */
  readonly trace: string | undefined
  /** A file on this machine with the authorities to trust for https. */
  readonly caFile: string | undefined
  /** A file on this machine with a token, which the user gives. */
  readonly tokenFile: string | undefined
  /** The token for an ingress elsewhere. */
  readonly token: () => Promise<string | undefined>
  readonly verbose: boolean
}
