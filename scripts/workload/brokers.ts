import { logLevel } from 'kafkajs'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { toConnection } from '../../services/adapters/kafka/connection/kafkajs-options.ts'
import { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'

/** A Kafka client with short timeouts, for callers that poll. */
export function createShortTimeoutKafka(settings: KafkaSettings): ClosableKafka {
  return new ClosableKafka({
    clientId: 'av-telemetry-verify',
    ...toConnection(settings),
    connectionTimeout: 1_000,
    requestTimeout: 3_000,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  })
}
