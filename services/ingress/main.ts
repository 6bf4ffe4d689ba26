import { runService } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startIngress } from './service.ts'

await runService({ name: 'ingress', readConfig, start: startIngress })
