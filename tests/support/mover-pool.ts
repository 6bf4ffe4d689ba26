import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { readConfig } from '../../services/worker/config.ts'
import type { FileTenant } from './file-tenant.ts'
import { envOf } from './servers.ts'

/** Connections of the worker's role, for a mover of files that a test calls directly. */
export function createMoverPool({ tenant, log }: FileTenant): Pool {
  const { postgres } = readConfig(envOf(tenant.deployment, 'worker-0'))
  const options = { applicationName: 'av-telemetry mover', maxConnections: 3 }
  return createPool(postgres, { ...options, logger: log.logger })
}
