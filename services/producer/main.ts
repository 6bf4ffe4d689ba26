import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startProducer } from './service.ts'

await runService({ name: 'producer', readConfig, start: startProducer })
