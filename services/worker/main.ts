import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { createWorkerStart } from './service.ts'

await runService({ name: 'worker', readConfig, start: createWorkerStart() })
