import { coresOf } from './cores.ts'
import { measured, measuredCores } from './measured.ts'

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
  /** Cores that all instances of a service keep busy together, at the mean rate. */
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
 * Each instance is planned for this share of its measured rate. The remainder is for peaks and for
 * catching up.
 */
export const planned = 0.5
const [daysPerMonth, kafkaDays, secondsPerDay] = [30, 7, 86_400]
const [bytesPerMegabyte, bytesPerGigabyte] = [1e6, 1e9]
/** Each consumer has at least this many partitions, so that the others share those of a lost one. */
const partitionsPerConsumer = 3
const leastPartitions = 6
/** Brokers that three replicas of each record need, at any rate. */
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
  const load = { readingsPerSecond, requestsPerSecond }
  return {
    readingsPerSecond,
    requestsPerSecond,
    producers,
    partitions: Math.max(leastPartitions, consumers * partitionsPerConsumer),
    brokers: Math.max(brokersOfReplication, instances(readingsPerSecond / broker.recordsPerSecond)),
    consumers,
    cores: {
      producers: coresOf(measuredCores.producer, load, producers),
      consumers: coresOf(measuredCores.consumer, load, consumers),
      postgres: coresOf(measuredCores.postgres, load, 1),
    },
    kafkaGigabytes:
      (readingsPerSecond * secondsPerDay * kafkaDays * bytes.kafka) / bytesPerGigabyte,
    postgresGigabytesPerMonth: (perMonth * rowBytes) / bytesPerGigabyte,
    postgresGigabytesKept:
      (readingsPerSecond * secondsPerDay * retentionDays * rowBytes) / bytesPerGigabyte,
    walMegabytesPerSecond: (readingsPerSecond * bytes.wal) / bytesPerMegabyte,
    fitsOnePostgres: readingsPerSecond <= planned * postgres.rowsPerSecond,
  }
}

/** The number of instances with which none is above its planned share. */
function instances(share: number): number {
  return Math.max(1, Math.ceil(share / planned))
}
