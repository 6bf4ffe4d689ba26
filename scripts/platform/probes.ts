import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import type { Probes } from '../../infra/local/readiness.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { ownerClient } from './database.ts'
import { localKafkaOf } from './kafka-queries.ts'

/** Readiness probes of Postgres and Kafka, through their clients. */
export function probesFor(config: PlatformConfig, at: Folders): Probes {
  const silent = createLogger('probe', 'silent')
  return {
    sql: async () => {
      const client = ownerClient(config, at, 'postgres')
      try {
        await client.connect()
        await client.query('SELECT 1')
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => undefined)
      }
    },
    broker: async ({ host, port }: Address) => {
      const login = localKafkaOf(config, at)
      // The pauses of the client's own retries get long, and would delay the start.
      const settings = { ...login, brokers: [`${host}:${port}`], failsAtOnce: true }
      const kafka = createKafka(settings, 'av-telemetry-probe', silent)
      const admin = kafka.client((own) => own.admin({ retry: { retries: 0 } }))
      try {
        await admin.connect()
        const { brokers } = await admin.describeCluster()
        return brokers.some((broker) => broker.host === host && broker.port === port)
      } catch {
        return false
      } finally {
        admin.close()
      }
    },
  }
}
