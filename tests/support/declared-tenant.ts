import { removeRunRecord } from '../../infra/local/run-record.ts'
import type { Running } from '../../services/runtime/lifecycle.ts'
import type { createWorkerStart } from '../../services/worker/service.ts'
import { captureLog } from './captured-log.ts'
import type { CommandResult } from './commands.ts'
import { recordAsRunning, runCommand } from './commands.ts'
import { classifieds, writeDeclaration } from './declared.ts'
import type { DirectKafkaChanges } from './direct-changes.ts'
import { sharedServers } from './servers.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { Tenant } from './tenant.ts'
import { until, untilCount } from './until.ts'

type Options = {
  /** Partitions of the topic; undefined if a worker creates the topic. */
  readonly partitions: number | undefined
  /** Further columns, each with a comma. */
  readonly columns?: string
}

/**
 * A tenant with the declaration `classifieds` in the folder of its workers. For commands it is the running
 * platform. A worker is started by `startWorker`.
 */
export class DeclaredTenant implements AsyncDisposable {
  readonly tenant: Tenant
  readonly topic: string
  readonly log = captureLog()
  readonly #folder: TemporaryFolder

  private constructor(tenant: Tenant, folder: TemporaryFolder) {
    this.tenant = tenant
    this.#folder = folder
    this.topic = `${tenant.config.kafka.topic}-data`
  }

  static async create({ partitions, columns }: Options): Promise<DeclaredTenant> {
    const folder = new TemporaryFolder()
    const tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    const declared = new DeclaredTenant(tenant, folder)
    declared.declare(columns)
    if (partitions !== undefined) await declared.changes.createTopic(partitions)
    recordAsRunning(tenant)
    return declared
  }

  /** The folder of the workers. */
  get path(): string {
    return this.#folder.path
  }

  get changes(): DirectKafkaChanges {
    return this.tenant.changesOf(this.topic)
  }

  /** Writes the declaration. @param columns further columns @returns its file */
  declare(columns?: string): string {
    return writeDeclaration(this.path, 'classifieds', classifieds(this.topic, columns))
  }

  /** Starts a worker that writes to the captured log. */
  startWorker(options?: Parameters<typeof createWorkerStart>[0]): Promise<Running> {
    return this.tenant.startWorker(this.log.logger, options)
  }

  run(...args: readonly string[]): Promise<CommandResult> {
    return runCommand(this.tenant, args)
  }

  /** Sends records; the key of each is the field `id`. */
  async send(values: readonly object[]): Promise<void> {
    const messages = values.map((value) => {
      const { id = null } = value as { id?: string }
      return { key: id, value: JSON.stringify(value) }
    })
    await this.changes.produce(messages)
  }

  async untilSettled(count: number): Promise<void> {
    const settled = async () => (await this.tenant.account()).settled
    await untilCount('the records are settled', settled, count)
  }

  /** The fields of the log lines with this event. */
  linesOf(event: string) {
    return this.log.lines.filter((line) => line.event === event)
  }

  async untilLines(event: string, count: number): Promise<void> {
    await until(`${event} is logged`, () => this.linesOf(event).length === count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    removeRunRecord(this.tenant.deployment.folders.state)
    await this.tenant[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}
