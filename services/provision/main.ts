import { runOnce } from '../runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { provision } from './service.ts'

await runOnce('provision', readConfig, provision)
