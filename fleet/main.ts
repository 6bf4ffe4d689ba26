import { runService } from '../services/runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startFleet } from './fleet.ts'

// Not awaited: after a recorded drive nothing is left to do, and the process ends by itself.
void runService({
  name: 'fleet',
  readConfig,
  start: (config, logger) => startFleet({ ...config, logger }),
})
