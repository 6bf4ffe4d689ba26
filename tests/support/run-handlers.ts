import { Cancellation } from '../../services/tasks/cancellation.ts'
import { Handlers } from '../../services/tasks/handlers/handlers.ts'
import { createLogger } from '../../services/runtime/logger.ts'

// A program that loads handlers like a worker, runs one of them, and writes what has happened.
const [folder = '', method = ''] = process.argv.slice(2)
const logger = createLogger('test', 'info')
await using handlers = await Handlers.start({
  ...{ folders: [folder], logger, size: 1, memoryLimitMb: 64, query: undefined, settings: {} },
  events: { onLog: () => undefined, onProgress: () => undefined },
})
const task = { id: 1, pipeline: 'p', unit: 'u', method, params: '{}', attempt: 1 }
const cancel = new Cancellation()
const outcome = await handlers.run(task, { concurrency: 1, timeoutMs: 60_000, cancel })
logger.info({ kind: outcome.kind, faults: [...handlers.faults.values()] }, 'outcome')
