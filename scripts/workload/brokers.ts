import { Kafka, logLevel } from 'kafkajs'
import type { PlatformConfig } from '../../infra/config/config.ts'

type BrokersConfig = Pick<PlatformConfig, 'kafka'>

/** The broker addresses of a platform, as seen from this machine. */
export function brokersOf({ kafka }: BrokersConfig): string[] {
  return Array.from(
    { length: kafka.instances },
    (_, index) => `127.0.0.1:${kafka.hostPort + index}`,
  )
}

/** A Kafka client with short timeouts, for callers that poll. */
export function createShortTimeoutKafka(config: BrokersConfig): Kafka {
  return new Kafka({
    clientId: 'av-telemetry-verify',
    brokers: brokersOf(config),
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  })
}
