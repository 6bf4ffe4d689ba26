import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startWorker } from './service.ts'

await runService({ name: 'worker', readConfig, start: startWorker })
