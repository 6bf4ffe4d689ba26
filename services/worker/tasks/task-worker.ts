import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import type { ClickHouseSettings } from '../../adapters/clickhouse/clickhouse-settings.ts'
import type { ClosableKafka } from '../../adapters/kafka/closable-kafka.ts'
import type { ObjectStore } from '../../adapters/objects/object-store.ts'
import { OutputStore } from '../../adapters/postgres/outputs/output-store.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { PostgresSettings } from '../../adapters/postgres/driver/settings.ts'
import { ClaimStore } from '../../adapters/postgres/tasks/claim-store.ts'
import { OutboxStore } from '../../adapters/postgres/tasks/outbox-store.ts'
import { retireTasks } from '../../adapters/postgres/tasks/retire-tasks.ts'
import { WorkerStore } from '../../adapters/postgres/tasks/worker-store.ts'
import { taskChannels } from '../../ledger/tasks/channels.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AttemptEvents } from '../../runtime/poll.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { Resources } from '../../runtime/resources.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import { Handlers } from '../../tasks/handlers/handlers.ts'
import { fileStatusOutbox } from '../../tasks/file-status-outbox.ts'
import { kafkaOutbox } from '../../tasks/kafka-outbox.ts'
import { OutputRelay } from '../../tasks/output-relay.ts'
import { OutboxRelay } from '../../tasks/outbox-relay.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'
import { TaskRunner } from '../../tasks/runner/task-runner.ts'
import type { HandlerConfig } from '../config.ts'
import type { Files } from '../files/files.ts'
import { EndedTasks } from './ended-tasks.ts'
import { canRun, toRunnable } from './runnable-pipeline.ts'
import { ScheduleKeeper } from './schedule-keeper.ts'
import type { StepContext } from './step-context.ts'
import { rulesOf } from './step-context.ts'
import { taskTableOf } from './task-table.ts'
import type { ReadingsRules } from './window-work.ts'
import { vehicleHourStep } from './window-work.ts'
import { WorkerRegistration } from './worker-registration.ts'

type Options = {
  /** The name of the service instance. */
  readonly name: string
  readonly handlers: HandlerConfig
  /** The folder of the user; its folder `handlers` has handlers. */
  readonly folder: string | undefined
  readonly shippedHandlers: string
  /** Whether tasks of other handlers are left to other workers; otherwise they fail. */
  readonly leavesOtherHandlers: boolean
  /** For the queries of handlers. */
  readonly reader: PostgresSettings
  readonly pool: Pool
  /** Connections for claims and leases only, so that leases are renewed in time. */
  readonly leasePool: Pool
  /** Connections for the effects of tasks. */
  readonly settlementPool: Pool
  /** Connections for steps that the database does, which may last long. */
  readonly stepPool: Pool
  readonly readings: ReadingsRules
  /** Undefined if no files are loaded. */
  readonly files: Files | undefined
  /** For results that become objects; undefined if no files are loaded. */
  readonly bucket?: ObjectStore | undefined
  /** Where the status of files is copied to. */
  readonly clickHouse: ClickHouseSettings | undefined
  /** How long late rows wait before their windows are computed again; by default the allowed lateness. */
  readonly lateRowsWaitMs?: number | undefined
  readonly kafka: ClosableKafka
  readonly minInsyncReplicas: number
  readonly registry: Registry
  readonly logger: Logger
}

const lostIntervalMs = 2_000
const refreshIntervalMs = 2_000
const retireIntervalMs = 600_000
/** Ended tasks are kept for so long. */
const keepMs = 7 * 24 * 3_600_000

/** Runs the tasks of the declared pipelines, and sends the messages that they write. */
export class TaskWorker implements AsyncDisposable {
  readonly #resources: Resources
  readonly #steps: StepContext
  readonly #schedules: ScheduleKeeper
  readonly #runner: TaskRunner
  readonly #relayWakeUps: RelayWakeUps
  readonly #registration: WorkerRegistration
  readonly #state: RunningState
  #closing: Promise<void> | undefined

  private constructor(parts: {
    readonly resources: Resources
    readonly steps: StepContext
    readonly schedules: ScheduleKeeper
    readonly runner: TaskRunner
    readonly relayWakeUps: RelayWakeUps
    readonly registration: WorkerRegistration
    readonly state: RunningState
  }) {
    this.#resources = parts.resources
    this.#steps = parts.steps
    this.#schedules = parts.schedules
    this.#runner = parts.runner
    this.#relayWakeUps = parts.relayWakeUps
    this.#registration = parts.registration
    this.#state = parts.state
  }

  static async start(options: Options): Promise<TaskWorker> {
    const { pool, leasePool, settlementPool, stepPool, readings, logger, name } = options
    await using resources = new Resources()
    const store = new WorkerStore(pool)
    const registration = resources.use(new WorkerRegistration({ store, name, logger }))
    const ended = new EndedTasks(options.registry)
    const state: RunningState = { ended, declarations: [], pipelines: [], runner: undefined }
    const handlers = resources.use(await startHandlers(options, state))
    const relayWakeUps = startRelays(options, resources)
    resources.use(new Housekeeping({ pool, handlers, state, logger }))
    const worker = () => registration.id
    const table = ended.ofTable(taskTableOf({ pool: leasePool, settlementPool, worker }))
    const pipelines = () => state.pipelines
    const runner = resources.use(new TaskRunner({ table, pipelines, logger }))
    state.runner = runner
    const schedules = resources.use(
      new ScheduleKeeper({
        ...{ pool, readings, lateRowsWaitMs: options.lateRowsWaitMs, logger },
        onMade: () => {
          runner.wakeUp()
        },
      }),
    )
    return new TaskWorker({
      ...{ schedules, runner, relayWakeUps, registration, state },
      steps: {
        ...{ handlers, files: options.files, events: eventsOf(state) },
        ...{ stepPool, cancelPool: leasePool, readings, worker },
        leavesOtherHandlers: options.leavesOtherHandlers,
        shellFolder: options.handlers.allowsShell ? (options.folder ?? tmpdir()) : undefined,
      },
      resources: resources.move(),
    })
  }

  /** Claims tasks of the enabled pipelines from now on. Tasks that run are not affected. */
  setPipelines({ all, enabled }: TaskPipelines): void {
    this.#state.declarations = all
    const runnable = all.filter((each) => enabled.has(each.name) && canRun(each, this.#steps))
    const { ended } = this.#state
    for (const { name } of runnable) ended.show(name)
    this.#state.pipelines = runnable.map((each) => ended.ofPipeline(toRunnable(each, this.#steps)))
    this.#schedules.setPipelines(runnable)
  }

  /**
   * Looks at once for tasks, cancel requests or messages.
   *
   * @param channel what the database has told about; undefined: it may be anything
   */
  wakeUp(channel?: string): void {
    const { queued, cancelRequested, outbox, outputs } = taskChannels
    const isAbout = (each: string): boolean => channel === undefined || channel === each
    if (isAbout(queued)) this.#runner.wakeUp()
    if (isAbout(cancelRequested)) this.#runner.lookForRequests()
    if (isAbout(outbox)) {
      this.#relayWakeUps.outbox.call()
      this.#relayWakeUps.fileStatus.call()
    }
    if (isAbout(outputs)) this.#relayWakeUps.outputs.call()
  }

  /** A second call waits for the first one. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    await this.#registration.drain()
    await this.#resources[Symbol.asyncDispose]()
  }
}

type TaskPipelines = {
  /** Also those that are paused: their tasks are taken from lost workers. */
  readonly all: readonly TaskDeclaration[]
  /** Names of pipelines whose tasks are claimed. */
  readonly enabled: ReadonlySet<string>
}

/** What the parts of a worker share. */
type RunningState = {
  readonly ended: EndedTasks
  declarations: readonly TaskDeclaration[]
  pipelines: readonly RunnablePipeline[]
  runner: TaskRunner | undefined
}

/** What attempts that run in this process report. */
const eventsOf = (state: RunningState): StepContext['events'] => ({
  onProgress: (task, fraction) => state.runner?.recordProgress(task, fraction),
  addLogLine: (task, line) => state.runner?.addLogLine(task, line),
  logLinesOf: (task) => state.runner?.logLinesOf(task) ?? [],
})

type RelayWakeUps = Readonly<Record<'outbox' | 'fileStatus' | 'outputs', WakeUp>>

/** Starts the relays that send messages to Kafka and store results in the bucket. The resources own them. */
function startRelays(options: Options, resources: Resources): RelayWakeUps {
  const { pool, kafka, minInsyncReplicas, bucket, clickHouse, logger } = options
  const wakeUps = { outbox: new WakeUp(), fileStatus: new WakeUp(), outputs: new WakeUp() }
  const store = new OutboxStore(pool)
  const destination = kafkaOutbox(kafka, minInsyncReplicas)
  resources.use(new OutboxRelay({ store, destination, wakeUp: wakeUps.outbox, logger }))
  if (clickHouse !== undefined) {
    const copy = { store, destination: fileStatusOutbox(pool, clickHouse) }
    resources.use(new OutboxRelay({ ...copy, wakeUp: wakeUps.fileStatus, logger }))
  }
  if (bucket !== undefined) {
    const outputs = { outputs: new OutputStore(pool), store: bucket }
    resources.use(new OutputRelay({ ...outputs, wakeUp: wakeUps.outputs, logger }))
  }
  return wakeUps
}

function startHandlers(options: Options, state: RunningState): Promise<Handlers> {
  const { handlers, folder, shippedHandlers, reader, logger } = options
  const userFolders = folder === undefined ? [] : [join(folder, 'handlers')]
  return Handlers.start({
    folders: [shippedHandlers, ...userFolders],
    reservedNames: [vehicleHourStep],
    size: handlers.processes,
    memoryLimitMb: handlers.megabytes,
    isDebuggable: handlers.isDebuggable,
    query: reader,
    settings: { readings_table: reader.table, allowed_urls: handlers.allowedUrls },
    events: {
      onProgress: (task, fraction) => state.runner?.recordProgress(task, fraction),
      onLog: (task, { level, text }) => {
        state.runner?.addLogLine(task, `${new Date().toISOString()} ${level} ${text}`)
      },
    },
    logger,
  })
}

type HousekeepingOptions = {
  readonly pool: Pool
  readonly handlers: Handlers
  readonly state: RunningState
  readonly logger: Logger
}

/** Takes tasks from lost workers, removes those that ended long ago, and loads changed handlers. */
class Housekeeping implements AsyncDisposable {
  readonly #options: HousekeepingOptions
  readonly #end = new AbortController()
  readonly #loops: readonly Promise<void>[]

  constructor(options: HousekeepingOptions) {
    this.#options = options
    const { pool, handlers } = options
    const { signal } = this.#end
    const retire = () => retireTasks(pool, keepMs, signal)
    this.#loops = [
      this.#repeat(() => this.#takeBack(), lostIntervalMs, { failed: 'lost-tasks-not-read' }),
      this.#repeat(() => handlers.refresh(), refreshIntervalMs, { failed: 'handlers-not-read' }),
      this.#repeat(retire, retireIntervalMs, { failed: 'tasks-not-retired' }),
    ]
  }

  #repeat(work: () => Promise<unknown>, intervalMs: number, events: AttemptEvents): Promise<void> {
    const { signal } = this.#end
    const warnings = new WarnOnce(this.#options.logger, signal)
    return poll(() => warnings.attempt(work, events), { intervalMs, signal })
  }

  async #takeBack(): Promise<void> {
    const { pool, state, logger } = this.#options
    if (state.declarations.length === 0) return
    const rules = new Map(state.declarations.map((each) => [each.name, rulesOf(each)]))
    for (const { task, worker, state: after } of await new ClaimStore(pool).takeBackLost(rules)) {
      const { id, pipeline, attempt } = task
      state.ended.count(pipeline, after)
      logger.warn({ task: id, pipeline, attempt, worker, state: after }, 'task-taken-back')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await Promise.all(this.#loops)
  }
}
