import { z } from 'zod'
import { dashboard } from './sections/dashboard.ts'
import { clickhouse } from './sections/clickhouse.ts'
import { devices } from './sections/devices.ts'
import { files } from './sections/files.ts'
import { ingress } from './sections/ingress.ts'
import { kafka } from './sections/kafka.ts'
import { kubernetes } from './sections/kubernetes.ts'
import { objects } from './sections/objects.ts'
import { postgres } from './sections/postgres.ts'
import { image, instances, maxConsumers, port, text } from './sections/schema-kinds.ts'
import { worker } from './sections/worker.ts'

/**
 * Every setting with its type, range, default and description. `config.master.json`,
 * `config.schema.json` and the table of docs/configuration.md are made from this value.
 */

const network = z.strictObject({
  name: text(
    /^[a-z0-9]+([._-][a-z0-9]+)*$/,
    "expected lower-case letters and digits, with '.', '_' or '-' between them",
  )
    .max(60)
    .default('av_telemetry')
    .describe(
      "Name of Docker's bridge network. The names of containers, volumes and images begin with it.",
    ),
})

const zookeeper = z.strictObject({
  instances: instances(7, 'Number of ZooKeeper servers: 1, 3, 5 or 7.'),
  hostPort: port(
    2181,
    'Port of the first ZooKeeper on loopback. Further servers use the following ports.',
  ),
  heapMegabytes: z
    .int()
    .min(32)
    .max(65_536)
    .default(128)
    .describe('Java heap of each ZooKeeper in megabytes.'),
})

const producer = z.strictObject({
  instances: instances(16, 'Number of producers behind the ingress.'),
  hostPort: port(
    5101,
    'Port of the first producer behind the ingress, on loopback. Further producers use the following ports. With `npm start`, one producer and no TLS there is no ingress: the producer listens at `ingress.hostPort`.',
  ),
  opsHostPort: port(
    5301,
    "Port of the first producer's health and metrics on loopback. Further producers use the following ports.",
  ),
  maxPendingMegabytes: z
    .int()
    .min(2)
    .max(65_536)
    .default(32)
    .describe(
      'Memory of a producer for pending requests, in megabytes. Above it POST returns 503. A request takes four times its body. Bodies of 1 MiB need at least 5.',
    ),
  maxLag: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe(
      'Lag: readings in Kafka that are not stored yet. Above this lag POST returns 503; accepting resumes at 80 % of it. 0 = no limit.',
    ),
})

const consumer = z.strictObject({
  instances: instances(maxConsumers, 'Number of consumers. They share the partitions.'),
  opsHostPort: port(
    5401,
    "Port of the first consumer's health and metrics on loopback. Further consumers use the following ports.",
  ),
  accountCheckHours: z
    .int()
    .min(1)
    .max(8_760)
    .default(1)
    .describe(
      'Hours between two account checks. A check compares the ledgers with the rows and reads all rows.',
    ),
})

const fleet = z.strictObject({
  numVehicles: z
    .int()
    .min(0)
    .max(20_000)
    .default(10)
    .describe(
      'Number of simulated vehicles that `npm start` starts, and the default of `npm run fleet`.',
    ),
  reportIntervalSeconds: z
    .number()
    .min(0.05)
    .max(3600)
    .default(1)
    .describe('Seconds between two readings of a vehicle.'),
  journalMegabytes: z
    .int()
    .min(1)
    .max(65_536)
    .default(64)
    .describe(
      'Maximum size of the journal of unacknowledged readings, in megabytes, for each process of vehicles. When it is full, the oldest readings are dropped.',
    ),
  origin: z
    .strictObject({
      latitude: z.number().min(-89).max(89).default(37.7749).describe('Degrees, WGS-84.'),
      longitude: z.number().min(-180).max(180).default(-122.4194).describe('Degrees, WGS-84.'),
      altitude: z
        .number()
        .min(-1000)
        .max(10_000)
        .default(16)
        .describe('Metres above the ellipsoid.'),
    })
    .prefault({})
    .describe(
      'Position around which the simulated fleet drives. Positions in form bodies of POST /events are in metres from it.',
    ),
})

const service = z.strictObject({
  logLevel: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Lowest level of the log lines that the services write.'),
  maxConnectionsPerClient: z
    .int()
    .min(1)
    .max(20_000)
    .default(1_024)
    .describe(
      'Maximum number of connections from one client to the ingress, and to the dashboard. One client is an IPv4 address or a /64 of IPv6. Further connections are closed at once. Vehicles behind one mobile carrier or one proxy share an address: raise it for more than 1,000 of them.',
    ),
})

const images = z.strictObject({
  registry: z
    .string()
    .regex(
      /^([a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)*)?$/,
      'expected HOST/PATH without a scheme, such as registry.example/fleet',
    )
    .default('')
    .describe(
      'Kubernetes only. Registry and path to which our images are pushed and from which the nodes of the cluster pull them, such as registry.example/fleet.',
    ),
  node: image('node:24-slim', 'Base image of our services and of the vehicle.'),
  postgres: image('postgres:18.4', 'Image of Postgres.'),
  zookeeper: image('zookeeper:3.8.4', 'Image of ZooKeeper.'),
  kafka: image(
    'apache/kafka:3.9.2',
    'Image of Kafka. 3.9 is the last release line that works with ZooKeeper.',
  ),
  haproxy: image('haproxy:3.0', 'Base image of the ingress.'),
  versitygw: image('versity/versitygw:v1.8.0', 'Image from which the S3 server is copied.'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('The schema of this file, for editors.'),
  network: network.prefault({}).describe('The network of the containers. Docker only.'),
  postgres: postgres.prefault({}).describe('The database of the readings.'),
  zookeeper: zookeeper.prefault({}).describe("Stores the brokers' state."),
  kafka: kafka.prefault({}).describe('Carries the readings from the producers to the consumers.'),
  ingress: ingress.prefault({}).describe('The HTTP address of the platform.'),
  devices: devices.prefault({}).describe('Which vehicles may report.'),
  producer: producer.prefault({}).describe('Accepts readings over HTTP and acknowledges them.'),
  consumer: consumer.prefault({}).describe('Stores the readings.'),
  worker: worker.prefault({}).describe('Runs the declared pipelines.'),
  files: files.prefault({}).describe('Loads files that are put into a bucket.'),
  objects: objects.prefault({}).describe('The bucket: a folder, or a bucket of an S3 server.'),
  clickhouse: clickhouse.prefault({}).describe('Gets a copy of the status of files.'),
  dashboard: dashboard.prefault({}).describe('Shows the fleet in a browser.'),
  fleet: fleet.prefault({}).describe('The simulated vehicles.'),
  images: images.prefault({}).describe('Images of the containers. Docker and Kubernetes.'),
  kubernetes: kubernetes.prefault({}).describe('The platform on a cluster. Kubernetes only.'),
  services: service.prefault({}).describe('Settings of all our services.'),
})

export type PlatformConfig = Readonly<Omit<z.infer<typeof configSchema>, '$schema'>>
