import type { Message } from 'kafkajs'
import type { Running } from '../../services/runtime/lifecycle.ts'
import { captureLog } from './captured-log.ts'
import { ForeignTopic } from './foreign-topic.ts'
import { writeDeclaration } from './declared.ts'
import { sharedServers } from './servers.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { Tenant } from './tenant.ts'
import { until } from './until.ts'

/** What a test changes in the declaration of the pipeline `ads`. */
type Declared = { readonly topic?: string; readonly key?: string; readonly rule?: string }

/** A record of a topic, as a Kafka client reads it. */
export type ReadRecord = {
  readonly partition: number
  readonly offset: number
  readonly key: string | undefined
  readonly value: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** What became of the records of one log, in all partitions. */
export type Counts = {
  readonly settled: number
  readonly stored: number
  readonly updated: number
  readonly duplicate: number
  readonly dead: number
}

/** A tenant with the pipeline `ads`, which groups a foreign topic of two partitions by `kind`. */
export class GroupedTenant implements AsyncDisposable {
  readonly tenant: Tenant
  readonly source: ForeignTopic
  readonly log = captureLog()
  readonly folder: TemporaryFolder
  #worker: Running | undefined

  private constructor(tenant: Tenant, folder: TemporaryFolder) {
    this.tenant = tenant
    this.folder = folder
    this.source = new ForeignTopic(tenant)
  }

  static async create(declared: Declared = {}): Promise<GroupedTenant> {
    const folder = new TemporaryFolder()
    const tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    const created = new GroupedTenant(tenant, folder)
    created.declare(declared)
    await created.source.create({}, { numPartitions: 2 })
    return created
  }

  /** Writes the declaration. */
  declare({ topic = '', key = '"id"', rule = 'newest:version' }: Declared = {}): void {
    const text = `
name = "ads"
from.topic = { name = "${this.source.name}", group_by = "kind", partitions = 3 ${topic} }
[map]
columns = [
  { name = "id", type = "text" },
  { name = "version", type = "integer" },
  { name = "kind", type = "text", default = "Free" },
  { name = "record_key", type = "text", from = "key" },
  { name = "at", type = "timestamp", from = "time" },
  { name = "trace", type = "text", from = "header:traceparent" },
  { name = "headers", type = "json", from = "headers" },
]
[to.table]
name = "ads"
key = [${key}]
on_conflict = "${rule}"
`
    writeDeclaration(this.folder.path, 'ads', text)
  }

  get groupedTopic(): string {
    return `${this.source.name}-by-kind`
  }

  async start(): Promise<void> {
    this.#worker = await this.tenant.startWorker(this.log.logger)
  }

  async stop(): Promise<void> {
    if (this.#worker) await this.tenant.stop(this.#worker)
    this.#worker = undefined
  }

  /** Sends records to one partition of the source topic. */
  send(values: readonly object[], partition = 0, more: Omit<Message, 'value'> = {}): Promise<void> {
    return this.source.send(
      values.map((value) => ({ ...more, partition, value: JSON.stringify(value) })),
    )
  }

  /** All records of the grouped topic, by partition and offset. */
  readGrouped(): Promise<ReadRecord[]> {
    return readTopic(this.source, this.groupedTopic)
  }

  /** @param stage `ads:group_by` writes the grouped topic, `ads` the rows */
  async counts(stage: 'ads' | 'ads:group_by'): Promise<Counts> {
    const [row] = await this.tenant.sql<Counts>(
      `SELECT coalesce(sum(next_offset - start_offset), 0)::int AS settled,
         coalesce(sum(stored), 0)::int AS stored, coalesce(sum(updated), 0)::int AS updated,
         coalesce(sum(duplicate), 0)::int AS duplicate, coalesce(sum(dead_lettered), 0)::int AS dead
       FROM partition_ledger WHERE pipeline = $1`,
      [stage],
    )
    if (row === undefined) throw new Error('the query returned no row')
    return row
  }

  /** Waits until the rows of so many records are settled. */
  untilSettled(count: number): Promise<Counts> {
    return until(`${count} records are settled`, async () => {
      const counts = await this.counts('ads')
      return counts.settled === count && counts
    })
  }

  /**
   * Waits until so many records of the source topic are settled. A record is in the grouped topic
   * before, so its row may be settled earlier.
   */
  untilGrouped(count: number): Promise<Counts> {
    return until(`${count} records of the source topic are settled`, async () => {
      const counts = await this.counts('ads:group_by')
      return counts.settled === count && counts
    })
  }

  /** The rows as `ID VERSION`, sorted. */
  async rows(): Promise<string[]> {
    const rows = await this.tenant.sql<{ row: string }>(
      `SELECT id || ' ' || version AS row FROM ads ORDER BY row`,
    )
    return rows.map(({ row }) => row)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tenant[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

/** Reads all records that the topic has now. */
async function readTopic({ kafka }: ForeignTopic, topic: string): Promise<ReadRecord[]> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const missing = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
  const records: ReadRecord[] = []
  if (missing === 0) return records
  const consumer = kafka.consumer({ groupId: `test-${Date.now()}-${Math.random()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: ({ partition, message: { offset, key, value, headers = {} } }) => {
      const texts = Object.entries(headers).map(([name, each]) => [name, String(each)] as const)
      const record = { key: key?.toString(), value: value?.toString() }
      records.push({
        partition,
        offset: Number(offset),
        ...record,
        headers: Object.fromEntries(texts),
      })
      return Promise.resolve()
    },
  })
  await until('all records are read', () => records.length >= missing)
  await consumer.disconnect()
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}
