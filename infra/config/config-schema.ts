import { z } from 'zod'

/**
 * Every knob a person turns, with its type, range, default and meaning. `config.master.json`,
 * `config.schema.json` and the README's table are made from this value.
 */

const port = (fallback: number, about: string) =>
  z.int().min(1).max(65_535).default(fallback).describe(about)

/** That share the partitions, at most. */
export const mostConsumers = 64

const instances = (maximum: number, about: string) =>
  z.int().min(1).max(maximum).default(1).describe(about)

const text = (pattern: RegExp, rule: string) => z.string().regex(pattern, rule)

const network = z.strictObject({
  name: text(
    /^[a-z0-9]+([._-][a-z0-9]+)*$/,
    "expected lower-case letters and digits, with '.', '_' or '-' between them",
  )
    .max(60)
    .default('av_telemetry')
    .describe(
      "Docker's bridge network; the names of containers, volumes and images begin with it.",
    ),
})

const postgres = z.strictObject({
  instances: instances(1, 'How many Postgres servers: one.'),
  hostPort: port(54321, 'Port of Postgres on this machine, on loopback.'),
  database: text(/^[a-z_][a-z0-9_]{0,62}$/, 'expected a lower-case SQL name')
    .default('av_telemetry')
    .describe('Database of the readings.'),
  table: text(/^[a-z_][a-z0-9_]{0,39}$/, 'expected a lower-case SQL name of up to 40 characters')
    .default('diag')
    .describe('Table of the readings.'),
  retentionDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(30)
    .describe(
      'Readings older than this many days are refused; two days later their day is dropped.',
    ),
  keepData: z
    .boolean()
    .default(false)
    .describe(
      'On Docker: whether `pulumi destroy` keeps the volumes of Postgres, Kafka, ZooKeeper and the passwords, so that the next `pulumi up` goes on.',
    ),
})

const zookeeper = z.strictObject({
  instances: instances(7, 'How many ZooKeeper servers: 1, 3, 5 or 7.'),
  hostPort: port(
    2181,
    'Port of the first ZooKeeper on this machine, on loopback; the next have the next ports.',
  ),
  heapMegabytes: z.int().min(32).max(65_536).default(128).describe('Java heap of each ZooKeeper.'),
})

const kafka = z.strictObject({
  instances: instances(9, 'How many Kafka brokers.'),
  hostPort: port(
    9092,
    'Port of the first broker on this machine, on loopback; the next have the next ports.',
  ),
  heapMegabytes: z.int().min(128).max(65_536).default(384).describe('Java heap of each broker.'),
  topic: text(/^[A-Za-z0-9._-]{1,200}$/, "expected 1 to 200 of A-Z, a-z, 0-9, '.', '_', '-'")
    .default('test_topic')
    .describe('Topic of the readings.'),
  partitions: z
    .int()
    .min(1)
    .max(1000)
    .default(6)
    .describe('Partitions of the topic; can grow, not shrink.'),
  replicationFactor: z.int().min(1).max(9).default(1).describe('Brokers that hold each record.'),
  minInsyncReplicas: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('Brokers that must have a record before it is acknowledged.'),
  retentionHours: z
    .int()
    .min(1)
    .max(876_000)
    .default(168)
    .describe('Hours for which Kafka keeps records: how long a database outage may last.'),
  flushEachBatch: z
    .boolean()
    .default(false)
    .describe(
      'Whether a broker writes each batch to the disk itself before it acknowledges. Slower; survives a power cut.',
    ),
})

const ingress = z.strictObject({
  instances: instances(1, 'How many ingresses: one, so that the address stays one.'),
  hostPort: port(5001, 'Port at which vehicles and browsers reach the platform.'),
  hostAddress: z
    .union([z.ipv4(), z.ipv6()], 'expected an IPv4 or IPv6 address')
    .default('0.0.0.0')
    .describe(
      'Address the ingress listens on: 0.0.0.0 for every network, 127.0.0.1 for this machine alone.',
    ),
  path: text(/^\/[A-Za-z0-9._~-]+$/, "expected '/' and one path segment")
    .default('/events')
    .describe('Path of the events.'),
  tokenFile: z
    .string()
    .default('')
    .describe('File with the bearer token that POST must show, from the clone on; empty for none.'),
  maxReadingsPerSecondPerClient: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      'Readings a second that a producer takes from one address (from one /64 of IPv6) before it answers 429; 0 for no limit.',
    ),
  addressFile: z
    .string()
    .default('/tmp/launch_infra_http_server.log')
    .describe('File into which the address of the events is written; empty for none.'),
})

const producer = z.strictObject({
  instances: instances(16, 'How many producers stand behind the ingress.'),
  hostPort: port(5101, 'Port of the first producer, on loopback; the next have the next ports.'),
  opsHostPort: port(
    5301,
    "Port of the first producer's health and metrics, on loopback; the next have the next ports.",
  ),
  maxPendingMegabytes: z
    .int()
    .min(2)
    .max(65_536)
    .default(32)
    .describe(
      'Memory that a producer keeps for requests before it answers 503: four times their bodies, so that one of 1 MiB needs 5.',
    ),
  maxLag: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe(
      'Readings in Kafka that are not stored yet, above which POST is answered 503 until they are a fifth fewer; 0 for no limit.',
    ),
})

const consumer = z.strictObject({
  instances: instances(mostConsumers, 'How many consumers share the partitions.'),
  opsHostPort: port(
    5401,
    "Port of the first consumer's health and metrics, on loopback; the next have the next ports.",
  ),
  accountCheckHours: z
    .int()
    .min(1)
    .max(8_760)
    .default(1)
    .describe('Hours between two checks of the account against the rows, which read all of them.'),
})

const tilesWanted = 'expected an http or https URL with {z}, {x} and {y} in its path'
/** A place of its own, which the page's policy names, and then where which tile is. */
const tilesUrl = /^https?:\/\/[^/?#{}@]+\/(?=.*\{z\})(?=.*\{x\})(?=.*\{y\})/

const dashboard = z.strictObject({
  instances: z
    .int()
    .min(0)
    .max(1)
    .default(1)
    .describe('Whether there is a dashboard: 1, or 0 for none.'),
  hostPort: port(5002, 'Port of the dashboard on this machine.'),
  opsHostPort: port(5501, "Port of the dashboard's health and metrics, on loopback."),
  public: z
    .boolean()
    .default(false)
    .describe('Whether other machines reach the dashboard; otherwise it is on loopback only.'),
  tokenFile: z
    .string()
    .default('')
    .describe(
      'File with the bearer token that readers of the dashboard must show, from the clone on; empty for none.',
    ),
  staleAfterSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(15)
    .describe('Age of the last reading from which on a vehicle is shown as stale.'),
  silentAfterSeconds: z
    .int()
    .min(1)
    .max(2_592_000)
    .default(300)
    .describe('Age of the last reading from which on a vehicle is shown as silent.'),
  maxVehicles: z
    .int()
    .min(1)
    .max(200_000)
    .default(20_000)
    .describe(
      'Vehicles that the live map knows; beyond, those least recently heard of are left out.',
    ),
  tilesUrl: z
    .union([z.literal(''), z.url(tilesWanted).regex(tilesUrl, tilesWanted)], tilesWanted)
    .default('')
    .describe(
      'Where the map has its tiles from, with {z}, {x} and {y}; empty for outlines and roads alone, which need no internet.',
    ),
  pmtilesFile: z
    .string()
    .default('')
    .describe(
      'File with map tiles (.pmtiles), from the clone on, which comes before dashboard.tilesUrl; empty for none.',
    ),
  tilesAttribution: z
    .string()
    .default('')
    .describe(
      'Whose map the tiles are, shown on it as their makers ask for, e.g. © OpenStreetMap contributors.',
    ),
})

const fleet = z.strictObject({
  numVehicles: z
    .int()
    .min(0)
    .max(20_000)
    .default(10)
    .describe('Vehicles that `npm start` brings along, and that `npm run fleet` adds unless told.'),
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
      'What readings that are not yet acknowledged may take on the disk of a vehicle, or of vehicles that share a process; the oldest give way.',
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
      "Where the simulated fleet drives, and where form bodies' positions are counted from.",
    ),
})

const service = z.strictObject({
  logLevel: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('How much the services log.'),
})

const image = (fallback: string, about: string) =>
  z.string().min(1).default(fallback).describe(about)

const images = z.strictObject({
  node: image('node:24-slim', 'Base of the images of our own services and of the vehicle.'),
  postgres: image('postgres:18.4', 'Image of Postgres.'),
  zookeeper: image('zookeeper:3.8.4', 'Image of ZooKeeper.'),
  kafka: image(
    'apache/kafka:3.9.2',
    'Image of Kafka; 3.9 is the last line that works with ZooKeeper.',
  ),
  haproxy: image('haproxy:3.0', 'Base of the image of the ingress.'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Where editors find the schema of this file.'),
  network: network.prefault({}).describe('Where the containers meet, on Docker.'),
  postgres: postgres.prefault({}).describe('Where the readings end up.'),
  zookeeper: zookeeper.prefault({}).describe("Keeps the brokers' own state."),
  kafka: kafka.prefault({}).describe('Carries the readings from the producers to the consumers.'),
  ingress: ingress.prefault({}).describe('The one address of the platform.'),
  producer: producer.prefault({}).describe('Takes readings over HTTP and acknowledges them.'),
  consumer: consumer.prefault({}).describe('Stores the readings.'),
  dashboard: dashboard.prefault({}).describe('Shows the fleet in a browser.'),
  fleet: fleet.prefault({}).describe('The simulated vehicles.'),
  images: images.prefault({}).describe('What the containers are made from, on Docker.'),
  services: service.prefault({}).describe('What all of our services share.'),
})

export type PlatformConfig = Readonly<Omit<z.infer<typeof configSchema>, '$schema'>>
