import { runService } from '../services/runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startFleet } from './fleet.ts'

// Not awaited: after a recorded drive the event loop is empty and the process exits.
void runService({
  name: 'fleet',
  readConfig,
  start: (config, logger) => startFleet({ ...config, logger }),
})
