import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startDashboard } from './service.ts'

await runService({ name: 'dashboard', readConfig, start: startDashboard })
