import { logLevel } from 'kafkajs'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'

type BrokersConfig = Pick<PlatformConfig, 'kafka'>

/** The broker addresses of a platform, as seen from this machine. */
export function brokersOf({ kafka }: BrokersConfig): string[] {
  return Array.from(
    { length: kafka.instances },
    (_, index) => `127.0.0.1:${kafka.hostPort + index}`,
  )
}

/** A Kafka client with short timeouts, for callers that poll. */
export function createShortTimeoutKafka(config: BrokersConfig): ClosableKafka {
  return new ClosableKafka({
    clientId: 'av-telemetry-verify',
    brokers: brokersOf(config),
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  })
}
