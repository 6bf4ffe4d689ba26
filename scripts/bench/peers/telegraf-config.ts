import type { PlatformLogin } from '../../../services/adapters/kafka/connection/access.ts'
import type { KafkaSettings } from '../../../services/adapters/kafka/client.ts'

/** Configurations of Telegraf (TOML). Passwords are read from environment variables of Telegraf. */

type Kafka = {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly login?: Pick<PlatformLogin, 'username'>
}

/** What Telegraf reads from Kafka, and the table that it writes. */
export type SinkOrder = {
  readonly kafka: Kafka
  readonly groupId: string
  readonly table: string
  readonly postgres: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
  }
}

/** The path and the port on loopback that Telegraf answers, and the topic that it appends to. */
export type IngestOrder = {
  readonly kafka: Kafka
  readonly port: number
  readonly path: string
}

/** What Telegraf needs of a Kafka that the platform has started: its login has a name, not files. */
export function peerKafka({ brokers, topic, login }: KafkaSettings): Kafka {
  const hasName = login !== undefined && 'username' in login
  return { brokers, topic, ...(hasName && { login: { username: login.username } }) }
}

export type Passwords = { readonly postgres: string; readonly kafka: string | undefined }

const kafkaPasswordVariable = 'PEER_KAFKA_PASSWORD'

/** The environment variables that the configurations refer to. */
export function passwordVariables({ postgres, kafka }: Passwords): Record<string, string> {
  return { PGPASSWORD: postgres, ...(kafka !== undefined && { [kafkaPasswordVariable]: kafka }) }
}

/** A version whose batches the broker need not convert. */
const kafkaVersion = '2.8.0'
/** Larger batches cost Telegraf less for each row. */
const rowsPerBatch = 20_000
/** Read from Kafka and not yet stored. */
const maxUnstoredRows = 100_000
const messagesPerBatch = 5_000
/** Telegraf drops readings above this number. */
const maxBuffered = 500_000

type Value = string | number | boolean | readonly string[]

/** Reads the topic of the readings into a table with the same columns. */
export function sinkConfig({ kafka, groupId, table, postgres }: SinkOrder): string {
  const { host, port, database, user } = postgres
  return toToml([
    ['[agent]', agent(rowsPerBatch)],
    [
      '[[inputs.kafka_consumer]]',
      {
        ...connectionOf(kafka),
        ...{ kafka_version: kafkaVersion, topics: [kafka.topic] },
        ...{ consumer_group: groupId, offset: 'oldest' },
        ...{ max_undelivered_messages: maxUnstoredRows, consumer_fetch_default: '8MiB' },
        // Telegraf gives up a partition if it waits longer for Postgres.
        max_processing_time: '60s',
        ...readingFormat(table),
      },
    ],
    [
      '[[outputs.postgresql]]',
      {
        connection: `host=${host} port=${port} user=${user} dbname=${database} sslmode=disable`,
        timestamp_column_name: 'recorded_at',
        timestamp_column_type: 'timestamp with time zone',
        // Telegraf leaves out fields without a column instead of changing the table.
        ...{ create_templates: [], add_column_templates: [] },
      },
    ],
  ])
}

/** Accepts single readings over HTTP and appends them to the topic. */
export function ingestConfig({ kafka, port, path }: IngestOrder): string {
  return toToml([
    ['[agent]', agent(messagesPerBatch)],
    [
      '[[inputs.http_listener_v2]]',
      {
        ...{ service_address: `tcp://127.0.0.1:${port}`, paths: [path], methods: ['POST'] },
        ...{ http_success_code: 202, ...readingFormat('reading') },
      },
    ],
    [
      '[[outputs.kafka]]',
      {
        ...connectionOf(kafka),
        ...{ version: kafkaVersion, topic: kafka.topic, routing_tag: 'vin', required_acks: -1 },
        ...{ producer_timestamp: 'now', data_format: 'json', json_timestamp_units: '1us' },
      },
    ],
  ])
}

function agent(batchSize: number): Record<string, Value> {
  return {
    // Otherwise each reading gets a tag, for which there is no column.
    omit_hostname: true,
    ...{ metric_batch_size: batchSize, metric_buffer_limit: maxBuffered },
    ...{ flush_interval: '200ms', skip_processors_after_aggregators: true },
  }
}

function connectionOf({ brokers, login }: Kafka): Record<string, Value> {
  return {
    brokers,
    ...(login && {
      ...{ sasl_mechanism: 'PLAIN', sasl_username: login.username },
      sasl_password: `\${${kafkaPasswordVariable}}`,
    }),
  }
}

/** How Telegraf parses a reading. @param name of the metric, which is that of its table */
function readingFormat(name: string): Record<string, Value> {
  return {
    ...{ data_format: 'json', name_override: name },
    ...{ tag_keys: ['vin'], json_string_fields: ['make', 'model'] },
    // Go reads fractions of a second also if the format has none.
    ...{ json_time_key: 'timestamp', json_time_format: '2006-01-02T15:04:05Z07:00' },
  }
}

type Table = readonly [head: string, values: Readonly<Record<string, Value>>]

function toToml(tables: readonly Table[]): string {
  return tables
    .map(([head, values]) => [head, ...Object.entries(values).map(toLine)].join('\n'))
    .join('\n\n')
    .concat('\n')
}

/** Strings and arrays of strings are written in TOML as in JSON. */
function toLine([key, value]: readonly [string, Value]): string {
  return `${key} = ${JSON.stringify(value)}`
}
