import type pg from 'pg'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { BucketSettings } from '../../services/adapters/objects/bucket-settings.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'

/** What a workload needs from the platform, on any target. */
export interface WorkloadPlatform {
  readonly config: PlatformConfig
  /** Connections with the owner's rights. They bypass the links that faults disturb. */
  readonly pool: pg.Pool
  /** The brokers, as this machine reaches them, the topic of the readings, and the login. */
  readonly kafka: KafkaSettings
  /** URL of the ingress without a path, e.g. `http://127.0.0.1:8080`. */
  readonly ingressUrl: string
  /** The token with which programs of the platform report. */
  readonly platformToken: () => Promise<string | undefined>
  /** The bucket of the files, as this machine reaches it; undefined if no files are loaded. */
  readonly bucket: () => BucketSettings | undefined
}
