import type pg from 'pg'
import type { PlatformConfig } from '../../infra/config/config.ts'

/** What a workload needs from the platform, on any target. */
export interface WorkloadPlatform {
  readonly config: PlatformConfig
  /** Connections with the owner's rights. They bypass the links that faults disturb. */
  readonly pool: pg.Pool
  /** URL of the ingress without a path, e.g. `http://127.0.0.1:8080`. */
  readonly ingressUrl: string
}
