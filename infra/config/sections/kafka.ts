import { z } from 'zod'
import { instances, port, text } from './schema-kinds.ts'

const tls = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'true: connections to kafka.external.brokers use TLS. false: they are not encrypted.',
    ),
  authorityFile: z
    .string()
    .default('')
    .describe(
      'PEM file with the certificates of the authorities that sign those of the brokers, relative to the clone. It is read for each new connection. Empty: the public authorities that Node trusts.',
    ),
})

const credentialFile = (what: string) =>
  z
    .string()
    .default('')
    .describe(
      `File with the ${what} of the login at kafka.external.brokers, relative to the clone: one line of visible ASCII characters without spaces. It is read for each new connection.`,
    )

const sasl = z.strictObject({
  mechanism: z
    .enum(['', 'plain', 'scram-sha-256', 'scram-sha-512'])
    .default('')
    .describe(
      'How clients log in at kafka.external.brokers: plain, scram-sha-256 or scram-sha-512. plain without TLS shows the password to the network. Empty: without a login.',
    ),
  usernameFile: credentialFile('user name'),
  passwordFile: credentialFile('password'),
})

const address = text(
  /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$/,
  'expected HOST:PORT, e.g. kafka-1.example.com:9093',
)

const external = z.strictObject({
  brokers: z
    .array(address)
    .max(64)
    .default([])
    .describe(
      'Addresses of an existing Kafka, a list of HOST:PORT. One is enough to find the others. The platform then starts no Kafka and no ZooKeeper. Empty: the platform starts both.',
    ),
  tls: tls.prefault({}).describe('Encryption of the connections to the brokers.'),
  sasl: sasl.prefault({}).describe('The login at the brokers.'),
  ignoreOwnData: z
    .boolean()
    .default(false)
    .describe(
      'Whether the platform may start with kafka.external.brokers beside data of the Kafka that it ran before. Set it to true after all readings of the old Kafka are stored (docs/external-kafka.md): readings that are only there are not stored later. false: the platform does not start.',
    ),
})

/** The section `kafka` of the configuration. */
export const kafka = z.strictObject({
  instances: instances(9, 'Number of Kafka brokers.'),
  hostPort: port(
    9092,
    'Port of the first broker on loopback. Further brokers use the following ports.',
  ),
  heapMegabytes: z
    .int()
    .min(128)
    .max(65_536)
    .default(384)
    .describe('Java heap of each broker in megabytes.'),
  topic: text(/^[A-Za-z0-9._-]{1,200}$/, "expected 1 to 200 of A-Z, a-z, 0-9, '.', '_', '-'")
    .default('test_topic')
    .describe('Kafka topic of the readings.'),
  partitions: z
    .int()
    .min(1)
    .max(1000)
    .default(6)
    .describe('Number of partitions of the topic. It can be raised, not lowered.'),
  replicationFactor: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Number of brokers that hold each record.'),
  minInsyncReplicas: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Number of brokers that must have a record before it is acknowledged.'),
  retentionHours: z
    .int()
    .min(1)
    .max(876_000)
    .default(168)
    .describe(
      'Hours for which Kafka keeps records. If the database is down for longer, readings that are not stored are lost.',
    ),
  flushEachBatch: z
    .boolean()
    .default(false)
    .describe(
      'true: a broker writes each batch to disk before it acknowledges it. Slower, but survives a power cut.',
    ),
  external: external.prefault({}).describe('An existing Kafka instead of our own.'),
})
