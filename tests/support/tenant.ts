import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { logLevel } from 'kafkajs'
import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import { bundleOf } from '../../infra/bundle/bundles.ts'
import { producerPort } from '../../infra/topology/addresses.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { localPassword, ownerPool } from '../../scripts/platform/database.ts'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { toConnection } from '../../services/adapters/kafka/connection/kafkajs-options.ts'
import { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { readConfig as readConsumerConfig } from '../../services/consumer/config.ts'
import { createConsumerStart } from '../../services/consumer/service.ts'
import { readConfig as readDashboardConfig } from '../../services/dashboard/config.ts'
import { startDashboard } from '../../services/dashboard/service.ts'
import { devicesTopicOf } from '../../services/devices/devices-topic.ts'
import { readConfig as readIngressConfig } from '../../services/ingress/config.ts'
import { startIngress } from '../../services/ingress/service.ts'
import { readConfig as readProducerConfig } from '../../services/producer/config.ts'
import { startProducer } from '../../services/producer/service.ts'
import { readConfig as readProvisionConfig } from '../../services/provision/config.ts'
import { provision } from '../../services/provision/service.ts'
import type { Running } from '../../services/runtime/lifecycle.ts'
import { readConfig as readWorkerConfig } from '../../services/worker/config.ts'
import { createWorkerStart } from '../../services/worker/service.ts'
import { DirectKafkaChanges } from './direct-changes.ts'
import { samplesOf } from './metrics.ts'
import { serviceLogger } from './service-log.ts'
import type { Servers } from './servers.ts'
import { envOf, kafkaOf } from './servers.ts'
import { until } from './until.ts'

/**
 * The ports of our services, which each tenant has for itself. The ports of the servers are shared.
 */
const servicePorts = [
  'producer.hostPort',
  'producer.opsHostPort',
  'consumer.opsHostPort',
  'worker.opsHostPort',
  'ingress.hostPort',
  'dashboard.hostPort',
  'dashboard.opsHostPort',
]

/** Settings with which the platform has an ingress: one producer without TLS needs none. */
export const withIngress = ['producer.instances=2']

/** A new topic and database on shared servers for one test, and our services that use them. */
export class Tenant implements AsyncDisposable {
  readonly config: PlatformConfig
  readonly deployment: Pick<Servers, 'config' | 'folders'>
  /** The brokers, the topic of the readings and the login. */
  readonly kafka: KafkaSettings
  /** Changes the topic without our services. */
  readonly directChanges: DirectKafkaChanges
  readonly #stop = new AbortController()
  readonly #running = new Set<Running>()
  readonly #kafka: ClosableKafka
  readonly #pool: pg.Pool
  #consumer: Running | undefined
  readonly #spawned: ChildProcess[] = []

  private constructor(config: PlatformConfig, servers: Servers) {
    this.config = config
    // The topology writes the files that services read into a folder of this tenant.
    const settings = join(servers.folders.settings, config.postgres.database)
    this.deployment = { config, folders: { ...servers.folders, settings } }
    this.kafka = kafkaOf(this.deployment)
    this.#kafka = new ClosableKafka({
      ...toConnection(this.kafka),
      logLevel: logLevel.NOTHING,
    })
    this.directChanges = new DirectKafkaChanges(this.#kafka, config.kafka.topic)
    this.#pool = ownerPool(config, localPassword(servers.folders))
  }

  static async create(
    servers: Servers,
    settings: readonly string[] = [],
    { provision = true } = {},
  ): Promise<Tenant> {
    const name = `test_${Date.now().toString(36)}_${Math.floor(Math.random() * 1e6).toString(36)}`
    const ports = await scratchPorts(2, servicePorts)
    const config = toConfig(structuredClone(servers.config), [
      `postgres.database=${name}`,
      `kafka.topic=${name}`,
      ...ports,
      ...settings,
    ])
    const tenant = new Tenant(config, servers)
    if (provision) await tenant.provision()
    return tenant
  }

  async provision(): Promise<void> {
    await this.provisionWith([])
  }

  /** Provisions with changed settings. */
  async provisionWith(settings: readonly string[], provisionLogger = serviceLogger): Promise<void> {
    const config = toConfig(structuredClone(this.config), settings)
    const deployment = { config, folders: this.deployment.folders }
    const env = envOf(deployment, 'provision-0')
    await provision(readProvisionConfig(env), provisionLogger, this.#stop.signal)
  }

  async startProducer(instance = 0): Promise<Running> {
    const config = readProducerConfig(envOf(this.deployment, `producer-${instance}`))
    return this.#track(await startProducer(config, serviceLogger, this.#stop.signal))
  }

  /**
   * @param now the consumer's clock, in milliseconds since the Unix epoch
   * @param retireAfterMs how long after the end of its retention a day is deleted
   */
  async startConsumer({
    now = Date.now,
    retireAfterMs = 0,
    consumerLogger = serviceLogger,
  } = {}): Promise<Running> {
    const config = readConsumerConfig(envOf(this.deployment, 'consumer-0'))
    const start = createConsumerStart({ clock: { now: () => now() * 1000 }, retireAfterMs })
    this.#consumer = this.#track(await start(config, consumerLogger, this.#stop.signal))
    return this.#consumer
  }

  /** Stops our services, deletes the topic, provisions, and starts producer and consumer. */
  async recreateTopic(): Promise<void> {
    for (const running of [...this.#running]) await this.stop(running)
    const { topic } = this.config.kafka
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topic] })
    await until('the topic is deleted', async () => !(await admin.listTopics()).includes(topic))
    await admin.disconnect()
    await this.provision()
    await this.startProducer()
    await this.startConsumer()
  }

  /** Deletes the topic of the devices, as if Kafka had lost its data. */
  async deleteDevicesTopic(): Promise<void> {
    const topic = devicesTopicOf(this.config.kafka.topic)
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topic] })
    await until('the topic is deleted', async () => !(await admin.listTopics()).includes(topic))
    await admin.disconnect()
  }

  async stopConsumer(): Promise<void> {
    if (this.#consumer) await this.stop(this.#consumer)
  }

  /**
   * Starts a worker; its folder is `worker.folder` of the configuration.
   *
   * @param options the pipelines that it runs, and how often it reads them
   */
  async startWorker(
    workerLogger = serviceLogger,
    options?: Parameters<typeof createWorkerStart>[0],
  ): Promise<Running> {
    const config = readWorkerConfig(envOf(this.deployment, 'worker-0'))
    const start = createWorkerStart({ withShipped: false, ...options })
    return this.#track(await start(config, workerLogger, this.#stop.signal))
  }

  /** Changes another topic than the one of the readings. */
  changesOf(topic: string): DirectKafkaChanges {
    return new DirectKafkaChanges(this.#kafka, topic)
  }

  async startIngress(): Promise<Running> {
    const config = readIngressConfig(envOf(this.deployment, 'ingress-0'))
    return this.#track(await startIngress(config, serviceLogger))
  }

  async startDashboard(): Promise<Running> {
    const config = readDashboardConfig(envOf(this.deployment, 'dashboard-0'))
    return this.#track(await startDashboard(config, serviceLogger, this.#stop.signal))
  }

  /** Starts a consumer in a child process, for example to kill it. */
  spawnConsumer(): ChildProcess {
    return this.spawn('consumer')
  }

  /** Starts an instance of a service in a child process. It is killed with the tenant. */
  spawn(role: Role, instance = 0): ChildProcess {
    const bundle = bundleOf(role, this.deployment.folders.bundles)
    const env = { PATH: process.env['PATH'], ...envOf(this.deployment, `${role}-${instance}`) }
    const child = spawn(process.execPath, [bundle], { env, stdio: 'ignore' })
    this.#spawned.push(child)
    return child
  }

  #track(running: Running): Running {
    this.#running.add(running)
    return running
  }

  async stop(running: Running): Promise<void> {
    this.#running.delete(running)
    await running[Symbol.asyncDispose]()
  }

  /** Base URL of the producer. */
  get url(): string {
    return `http://127.0.0.1:${producerPort(this.config)}`
  }

  /** The consumer's metrics, by name and labels. */
  metrics(): Promise<Map<string, number>> {
    return samplesOf(this.config.consumer.opsHostPort)
  }

  get dashboardUrl(): string {
    return `http://127.0.0.1:${this.config.dashboard.hostPort}`
  }

  /** Base URL of the ingress, or of the producer that listens at its address. */
  get ingressUrl(): string {
    return `http://127.0.0.1:${this.config.ingress.hostPort}`
  }

  /** Runs a statement as the owner of the database and returns the rows. */
  async sql<Row extends pg.QueryResultRow>(
    text: string,
    parameters: unknown[] = [],
  ): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, parameters)).rows
  }

  async countRows(): Promise<number> {
    const [row] = await this.sql<{ count: number }>(
      `select count(*)::int as count from "${this.config.postgres.table}"`,
    )
    return row?.count ?? 0
  }

  /** The sum of the ledgers of all partitions and log ids. */
  async account() {
    const [row] = await this.sql<Account>(`
      select coalesce(sum(next_offset - start_offset), 0)::int as settled,
             coalesce(sum(stored), 0)::int as stored,
             coalesce(sum(updated), 0)::int as updated,
             coalesce(sum(duplicate), 0)::int as duplicate,
             coalesce(sum(dead_lettered), 0)::int as "deadLettered",
             coalesce(sum(expired), 0)::int as expired,
             coalesce(sum(without_record), 0)::int as "withoutRecord"
      from partition_ledger`)
    if (row === undefined) throw new Error('the query returned no row')
    return row
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of this.#running) await running[Symbol.asyncDispose]()
    for (const child of this.#spawned) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    this.#stop.abort()
    await this.#pool.end()
  }
}

type Account = {
  readonly settled: number
  readonly stored: number
  readonly updated: number
  readonly duplicate: number
  readonly deadLettered: number
  readonly expired: number
  readonly withoutRecord: number
}
