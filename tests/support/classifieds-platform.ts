import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Admin } from 'kafkajs'
import { root } from '../../scripts/platform/paths.ts'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { DirectKafkaChanges } from './direct-changes.ts'
import { samplesOf } from './metrics.ts'
import { kafkaOf } from './servers.ts'
import { serviceLogger } from './service-log.ts'
import { PlatformHome } from './started-platform.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const topic = 'data'
const group = 'classifieds_application'
/** For the start of a worker, the session timeout of one that was killed, and a rebalance. */
const recoverySeconds = 120

/** A record of the topic, as another application sends it. */
export type Advertisement = { readonly id: string } & Readonly<Record<string, string | number>>

/** A started platform whose folder has no declaration yet, and the topic `data` of another application. */
export class ClassifiedsPlatform implements AsyncDisposable {
  readonly home: PlatformHome
  readonly #folder: TemporaryFolder

  private constructor(home: PlatformHome, folder: TemporaryFolder) {
    this.home = home
    this.#folder = folder
  }

  get #kafka(): ClosableKafka {
    return createKafka(kafkaOf(this.home), 'a-client', serviceLogger)
  }

  static async start(): Promise<ClassifiedsPlatform> {
    const folder = new TemporaryFolder()
    mkdirSync(join(folder.path, 'pipelines'))
    const home = await PlatformHome.create([`worker.folder=${folder.path}`, 'fleet.numVehicles=0'])
    const platform = new ClassifiedsPlatform(home, folder)
    await home.start().waitForOutput('The platform is running.', 120)
    await platform.#topic.createTopic(2)
    return platform
  }

  get #topic(): DirectKafkaChanges {
    return new DirectKafkaChanges(this.#kafka, topic)
  }

  /** Copies the declaration of the example into the folder. */
  declare(): void {
    const file = join('pipelines', 'classifieds.toml')
    copyFileSync(join(root, 'docs', 'examples', 'classifieds', file), join(this.#folder.path, file))
  }

  async send(advertisements: readonly Advertisement[]): Promise<void> {
    const messages = advertisements.map((each) => ({ key: each.id, value: JSON.stringify(each) }))
    await this.#topic.produce(messages)
  }

  async sendText(value: string): Promise<void> {
    await this.#topic.produce([{ key: 'any', value }])
  }

  /** Runs a command that ends. @returns its output */
  async run(...args: readonly string[]): Promise<string> {
    const command = this.home.command(...args)
    expect(await command.waitForExit(), command.output).to.equal(0)
    return command.output
  }

  async #withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      return await work(admin)
    } finally {
      await admin.disconnect()
    }
  }

  /** How many members the consumer group has. */
  members(): Promise<number> {
    return this.#withAdmin(async (admin) => {
      const { groups } = await admin.describeGroups([group])
      return groups[0]?.members.length ?? 0
    })
  }

  /** The sum of the offsets that the group has committed. */
  committed(): Promise<number> {
    return this.#withAdmin(async (admin) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      // -1: nothing is committed.
      const known = (offsets?.partitions ?? []).map(({ offset }) => Math.max(Number(offset), 0))
      return known.reduce((sum, offset) => sum + offset, 0)
    })
  }

  /** Records that the worker of the platform has read and not stored yet. */
  async waiting(): Promise<number> {
    const samples = await samplesOf(this.home.config.worker.opsHostPort)
    const lags = [...samples].filter(
      ([name]) => name.startsWith('telemetry_lag_records') && name.includes('"classifieds"'),
    )
    return lags.reduce((sum, [, records]) => sum + records, 0)
  }

  /** The ids of the rows that begin with a prefix, and by how many transactions they were written. */
  async rows(prefix: string): Promise<{ ids: string[]; transactions: number }> {
    const [row] = await this.home.sql<{ ids: string[]; transactions: number }>(
      `SELECT coalesce(array_agg(id ORDER BY id), '{}') AS ids,
              count(DISTINCT xmin::text)::int AS transactions
       FROM Classifieds WHERE starts_with(id, '${prefix}-')`,
    )
    return row ?? { ids: [], transactions: 0 }
  }

  async untilRows(prefix: string, count: number): Promise<void> {
    let stored = 0
    await until(
      () => `the rows of ${prefix} are stored: ${stored} of ${count}`,
      async () => {
        stored = (await this.rows(prefix)).ids.length
        return stored === count
      },
      recoverySeconds,
    )
  }

  /** How many records each partition of the grouped topic has. */
  groupedRecords(): Promise<number[]> {
    return this.#withAdmin(async (admin) => {
      const partitions = await admin.fetchTopicOffsets(`${topic}-by-ad_type`)
      return partitions
        .sort((left, right) => left.partition - right.partition)
        .map(({ high, low }) => Number(high) - Number(low))
    })
  }

  /** The sums of the ledgers that count rows. */
  ledger(): Promise<Ledger | undefined> {
    return this.#ledgerOf('classifieds')
  }

  /** The sums of the ledgers of the source topic. */
  sourceLedger(): Promise<Ledger | undefined> {
    return this.#ledgerOf('classifieds:group_by')
  }

  async #ledgerOf(pipeline: string): Promise<Ledger | undefined> {
    const [row] = await this.home.sql<Ledger>(
      `SELECT sum(start_offset)::int AS start, sum(next_offset)::int AS next, sum(stored)::int AS stored,
              sum(updated)::int AS updated, sum(dead_lettered)::int AS dead, count(*)::int AS partitions
       FROM partition_ledger WHERE pipeline = '${pipeline}'`,
    )
    return row
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]()
    this.#folder[Symbol.dispose]()
  }
}

type Ledger = Readonly<
  Record<'start' | 'next' | 'stored' | 'updated' | 'dead' | 'partitions', number>
>

/** Advertisements with distinct ids, `PREFIX-1` and so on. */
export function advertisements(prefix: string, count: number): Advertisement[] {
  const width = String(count).length
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `${prefix}-${String(index + 1).padStart(width, '0')}`, customer_id: '17' },
    ...{ created_at: '2020-04-08T18:07:32.1688783Z', text: `Number ${index + 1}`, price: 1 },
  }))
}
