import { measured } from './measured.ts'

/** A fleet and how it reports. */
export type FleetToSize = {
  readonly vehicles: number
  readonly intervalSeconds: number
  readonly readingsPerPost: number
  readonly retentionDays: number
}

/** What a fleet needs. */
export type Size = {
  readonly readingsPerSecond: number
  readonly requestsPerSecond: number
  readonly producers: number
  readonly partitions: number
  readonly brokers: number
  readonly consumers: number
  /** Cores of each, busy at the mean rate. */
  readonly cores: {
    readonly producers: number
    readonly consumers: number
    readonly postgres: number
  }
  /** Gigabytes of Kafka for its retention of a week, one replica. */
  readonly kafkaGigabytes: number
  /** Gigabytes of rows and index that a month adds. */
  readonly postgresGigabytesPerMonth: number
  /** Gigabytes of rows and index at the end of the retention. */
  readonly postgresGigabytesKept: number
  /** Megabytes a second that Postgres writes ahead. */
  readonly walMegabytesPerSecond: number
  /** Whether one Postgres takes the rate. */
  readonly fitsOnePostgres: boolean
}

/**
 * Of what one instance does alone, this is planned for: the rest is for peaks and for catching up.
 */
export const planned = 0.5
const [daysPerMonth, kafkaDays, secondsPerDay] = [30, 7, 86_400]
const [million, bytesPerGigabyte] = [1_000_000, 1e9]
/**
 * Each consumer has this many partitions at least, so that the loss of one is shared by the others.
 */
const partitionsPerConsumer = 3
const leastPartitions = 6
/** Below this rate one broker is a question of how much may be lost, not of speed. */
const brokersOfReplication = 3

/** What a fleet needs on machines like the one that the figures are from. */
export function sizeFor(fleet: FleetToSize): Size {
  const { vehicles, intervalSeconds, readingsPerPost, retentionDays } = fleet
  const readingsPerSecond = vehicles / intervalSeconds
  const requestsPerSecond = readingsPerSecond / readingsPerPost
  const { producer, consumer, broker, postgres, bytes } = measured
  const producers = instances(
    Math.max(
      requestsPerSecond / producer.requestsPerSecond,
      readingsPerSecond / producer.readingsPerSecond,
    ),
  )
  const consumers = instances(readingsPerSecond / consumer.rowsPerSecond)
  const perMonth = readingsPerSecond * secondsPerDay * daysPerMonth
  const rowBytes = bytes.table + bytes.index
  const coresFor = (coreSeconds: number): number => (readingsPerSecond / million) * coreSeconds
  return {
    readingsPerSecond,
    requestsPerSecond,
    producers,
    partitions: Math.max(leastPartitions, consumers * partitionsPerConsumer),
    brokers: Math.max(brokersOfReplication, instances(readingsPerSecond / broker.recordsPerSecond)),
    consumers,
    cores: {
      producers: requestsPerSecond / producer.requestsPerSecond,
      consumers: readingsPerSecond / consumer.rowsPerSecond,
      postgres: coresFor(postgres.coreSecondsPerMillion),
    },
    kafkaGigabytes:
      (readingsPerSecond * secondsPerDay * kafkaDays * bytes.kafka) / bytesPerGigabyte,
    postgresGigabytesPerMonth: (perMonth * rowBytes) / bytesPerGigabyte,
    postgresGigabytesKept:
      (readingsPerSecond * secondsPerDay * retentionDays * rowBytes) / bytesPerGigabyte,
    walMegabytesPerSecond: (readingsPerSecond * bytes.wal) / million,
    fitsOnePostgres: readingsPerSecond <= planned * postgres.rowsPerSecond,
  }
}

/** So many that each has no more to do than is planned. */
function instances(share: number): number {
  return Math.max(1, Math.ceil(share / planned))
}
