import { makePath } from '../../services/runtime/process/make-path.mjs'
import { identify } from '../../services/runtime/process/process-identity.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { Role } from '../topology/role-registry.ts'
import { roles } from '../topology/role-registry.ts'
import { usesExternalPostgres } from '../topology/external/postgres.ts'
import { shutdownOrder } from '../topology/shutdown-order.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import type { Topology } from '../topology/topology.ts'
import { topologyOf } from '../topology/topology.ts'
import { bundleServices } from '../bundle/bundles.ts'
import type { Machine } from './commands.ts'
import { toCommand } from './commands.ts'
import type { Folders } from './folders.ts'
import { HungCheck } from './hung-process.ts'
import { bucketFolder, localPlacement } from './placement.ts'
import { initDatabase, postgresPrograms, postgresUser } from './postgres-files.ts'
import type { Probes } from './readiness.ts'
import { untilReady } from './readiness.ts'
import { removeRunRecord, writeRunRecord } from './run-record.ts'
import { keepOwnCertificate, ownNames } from './certificate/own-certificate.ts'
import { renewRegularly } from './certificate/renewal.ts'
import { makeSecrets } from './secrets.ts'
import { SupervisedProcess } from './supervised-process.ts'

export type LocalOptions = {
  readonly config: PlatformConfig
  readonly folders: Folders
  readonly fleetSeed: number
  /** The Java program. */
  readonly java: string
  readonly probes: Probes
  /** The topology, if it is not the one of the configuration. */
  readonly topology?: Topology
}

const graceMsOf = ({ command }: SupervisedProcess): number => roles[command.role].stop.graceMs

/** Runs the topology as processes of this machine. */
export class LocalPlatform {
  readonly #options: LocalOptions
  readonly #processes: SupervisedProcess[] = []
  readonly stages: readonly (readonly ServicePlan[])[]
  #machine: Machine | undefined
  readonly #stopped = new AbortController()

  constructor(options: LocalOptions) {
    this.#options = options
    const { config, folders, fleetSeed } = options
    const topology =
      options.topology ?? topologyOf(config, localPlacement(config, folders), fleetSeed)
    this.stages = topology.stages.filter((stage) => stage.length > 0)
  }

  /** Creates what the processes need before the first one starts: bundles, passwords, a database. */
  async prepare(): Promise<void> {
    const { folders, config, java } = this.#options
    makeSecrets(folders, config)
    if (config.ingress.tls.selfSigned) this.#keepCertificate()
    bundleServices(folders.root, folders.bundles)
    const postgres = usesExternalPostgres(config) ? undefined : await this.#makeDatabase()
    if (config.files.enabled) makePath(bucketFolder(folders, config.objects.bucket))
    this.#machine = { folders, java, postgres }
  }

  async #makeDatabase(): Promise<Machine['postgres']> {
    const programs = postgresPrograms()
    const user = postgresUser()
    const data = await initDatabase(this.#options.folders, programs, user)
    return { programs, data, user }
  }

  /** Makes the certificate of the ingress, and renews it while the platform runs. The ingress reads it again. */
  #keepCertificate(): void {
    const { folders, config } = this.#options
    const names = ownNames(config)
    keepOwnCertificate(folders.state, { names })
    const keep = () => keepOwnCertificate(folders.state, { names, mayMakeAuthority: false })
    const onFailure = ({ message }: Error): void => {
      this.processOf('ingress-0')?.note(
        `could not renew its certificate and keeps using it: ${message}`,
      )
    }
    renewRegularly({ keep, onFailure, signal: this.#stopped.signal })
  }

  /** The process of a service; undefined before it was started. */
  processOf(name: string): SupervisedProcess | undefined {
    return this.#processes.find(({ command }) => command.name === name)
  }

  /** Starts the services of a stage. Resolves when all are ready, rejects with the first error. */
  async startStage(stage: readonly ServicePlan[], signal: AbortSignal): Promise<void> {
    const failed = new AbortController()
    const over = AbortSignal.any([signal, failed.signal])
    try {
      await Promise.all(stage.map((plan) => this.#start(plan, over)))
    } catch (error) {
      // Stops the checks of the other services.
      failed.abort()
      throw error
    }
  }

  async #start(plan: ServicePlan, signal: AbortSignal): Promise<void> {
    if (this.#machine === undefined) throw new Error('prepare() must be called before')
    signal.throwIfAborted()
    const process = new SupervisedProcess(toCommand(plan, this.#machine), () => {
      this.#record()
    })
    this.#processes.push(process)
    process.start()
    const hungCheck = new HungCheck(process, plan.ready)
    void hungCheck.run(this.#stopped.signal)
    await untilReady(process, plan.ready, { probes: this.#options.probes, signal })
    hungCheck.recordAnswer()
  }

  /** Stops one service: asks it to end, and kills it after its grace period. It is not restarted. */
  async stopOne(name: string): Promise<void> {
    const process = this.#known(name)
    await process.stop(graceMsOf(process))
  }

  /** Starts a stopped service again. Resolves when it is ready. */
  async startAgain(name: string, signal: AbortSignal): Promise<void> {
    const process = this.#known(name)
    const plan = this.stages.flat().find((service) => service.name === name)
    process.start()
    const ready = plan?.ready ?? { kind: 'none' }
    await untilReady(process, ready, { probes: this.#options.probes, signal })
  }

  #known(name: string): SupervisedProcess {
    const process = this.processOf(name)
    if (process === undefined) throw new Error(`there is no service ${name}`)
    return process
  }

  /**
   * Writes the record of running processes, for other commands and for the next start after a kill -9. If
   * writing fails, e.g. on a full disk, the next change writes it again.
   */
  #record(): void {
    const { folders, config, fleetSeed } = this.#options
    const supervisor = identify(process.pid)
    if (supervisor === undefined) return
    const processes = this.#processes.flatMap(({ command, identity }) =>
      identity ? [{ ...identity, name: command.name, role: command.role }] : [],
    )
    try {
      writeRunRecord(folders.state, { supervisor, config, fleetSeed, processes })
    } catch {
      // The processes run without the record too.
    }
  }

  /** Stops everything in the shutdown order: senders first, servers last. */
  async stop(onStopping: (roles: readonly Role[]) => void = () => undefined): Promise<void> {
    this.#stopped.abort()
    for (const stopped of shutdownOrder) {
      const own = this.#processes.filter(({ command }) => stopped.includes(command.role))
      if (own.length === 0) continue
      onStopping(stopped)
      await Promise.all(own.map((process) => process.stop(graceMsOf(process))))
    }
    removeRunRecord(this.#options.folders.state)
  }
}
