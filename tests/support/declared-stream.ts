import type pg from 'pg'
import { Registry } from 'prom-client'
import { localPassword, ownerPool } from '../../scripts/platform/database.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { createTable } from '../../services/adapters/postgres/tables/create-table.ts'
import { KeyedTableSink } from '../../services/adapters/postgres/tables/keyed-table-sink.ts'
import { foreignLogIdentity } from '../../services/ledger/log-identity.ts'
import { parseDeclaration } from '../../services/pipelines/declaration/parse-declaration.ts'
import { toTableSchema } from '../../services/pipelines/declared-table.ts'
import type { DeclaredRow } from '../../services/pipelines/decode/decode-record.ts'
import { decodeRecord } from '../../services/pipelines/decode/decode-record.ts'
import type { Stream, StreamPipeline } from '../../services/stream/stream.ts'
import { createStream } from '../../services/stream/stream.ts'
import { StreamMetrics } from '../../services/stream/stream-metrics.ts'
import { captureLog } from './captured-log.ts'
import type { ForeignTopic } from './foreign-topic.ts'
import type { Tenant } from './tenant.ts'
import { until, untilCount } from './until.ts'

const parsed = parseDeclaration(`
name = "items"
from.topic = "items"
[map]
columns = [ { name = "id", type = "text" }, { name = "version", type = "integer" } ]
[to.table]
name = "items"
key = ["id"]
on_conflict = "update"
`)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
const { declaration } = parsed
const schema = toTableSchema(declaration)

/** The value of a record of the pipeline. */
export const anItem = (id: string, version = 1): string => JSON.stringify({ id, version })

type StartOptions = Pick<StreamPipeline<DeclaredRow>, 'start' | 'groupId' | 'fetch'>

/** The declared pipeline `items` on a foreign topic of a tenant. It can be started several times. */
export class DeclaredStream implements AsyncDisposable {
  readonly log = captureLog()
  readonly pool: pg.Pool
  readonly #tenant: Tenant
  readonly #topic: ForeignTopic
  readonly #running = new Map<Stream, AbortController>()

  constructor(tenant: Tenant, topic: ForeignTopic) {
    this.#tenant = tenant
    this.#topic = topic
    this.pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
  }

  async createTable(): Promise<void> {
    await this.pool.query('CREATE SCHEMA IF NOT EXISTS data')
    await createTable(this.pool, schema)
  }

  /** Starts an instance, without waiting until it is ready. */
  async start(options: StartOptions = { start: 'earliest' }): Promise<Stream> {
    const { config, deployment } = this.#tenant
    const { database, table, hostPort } = config.postgres
    const stop = new AbortController()
    const stream = createStream<DeclaredRow>(
      {
        name: 'items',
        decode: (record, origin) => decodeRecord(declaration, record, origin),
        sink: () => new KeyedTableSink(schema),
        identity: () => foreignLogIdentity,
        ...options,
      },
      {
        kafka: this.#topic.settings,
        postgres: {
          ...{ host: '127.0.0.1', port: hostPort, database, table },
          ...{ user: roles.owner, password: localPassword(deployment.folders) },
        },
        clientId: 'a-test',
        metrics: new StreamMetrics(new Registry()),
        logger: this.log.logger,
        stop: stop.signal,
      },
    )
    this.#running.set(stream, stop)
    await stream.start()
    return stream
  }

  /** Starts an instance and waits until it is ready. */
  async startReady(options?: StartOptions): Promise<Stream> {
    const stream = await this.start(options)
    await until('the stream is ready', () => stream.whyNotReady() === undefined)
    return stream
  }

  async stop(): Promise<void> {
    for (const [stream, stop] of this.#running) {
      stop.abort()
      await stream[Symbol.asyncDispose]()
    }
    this.#running.clear()
  }

  /** The rows as `ID VERSION`, sorted. */
  async rows(): Promise<string[]> {
    const { rows } = await this.pool.query<{ item: string }>(
      `SELECT id || ' ' || version AS item FROM data.items ORDER BY item`,
    )
    return rows.map(({ item }) => item)
  }

  async untilRows(count: number): Promise<void> {
    await untilCount('rows are stored', async () => (await this.rows()).length, count)
  }

  /** The ledgers, by log and partition. */
  async ledgers() {
    const { rows } = await this.pool.query<LedgerRow>(
      `SELECT dense_rank() OVER (ORDER BY log_id)::int AS log, partition, start_offset::int AS start,
         next_offset::int AS next, without_record::int AS without
       FROM partition_ledger WHERE pipeline = 'items' ORDER BY log_id, partition`,
    )
    return rows
  }

  /** Waits until the ledger of a partition has settled all offsets before `next`. */
  async untilSettled(next: number, partition = 0): Promise<void> {
    const settled = async () =>
      (await this.ledgers()).filter((ledger) => ledger.partition === partition).at(-1)?.next ?? 0
    await untilCount(`offsets of partition ${partition} are settled`, settled, next)
  }

  /** The fields of the log lines with this event. */
  linesOf(event: string) {
    return this.log.lines.filter((line) => line.event === event)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.pool.end()
  }
}

type LedgerRow = {
  readonly log: number
  readonly partition: number
  readonly start: number
  readonly next: number
  readonly without: number
}
