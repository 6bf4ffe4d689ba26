import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startConsumer } from './service.ts'

await runService({ name: 'consumer', readConfig, start: startConsumer })
