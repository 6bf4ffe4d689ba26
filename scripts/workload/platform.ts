import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'

/** What a workload needs of the platform that it works on, whatever runs it. */
export interface WorkloadPlatform {
  readonly config: PlatformConfig
  /** Connections with the owner's rights, past every link that a fault disturbs. */
  readonly pool: pg.Pool
  /** Where the ingress takes requests, without a path: e.g. `http://127.0.0.1:8080`. */
  readonly ingressUrl: string
}
