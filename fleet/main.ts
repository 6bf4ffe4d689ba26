import { readFileSync } from 'node:fs'
import { runService } from '../services/runtime/lifecycle.ts'
import { readConfig } from './config.ts'
import { startFleet } from './fleet.ts'
import type { Trace } from './trace/parse-trace.ts'

// Not awaited: after a recorded drive the event loop is empty and the process exits.
void runService({
  name: 'fleet',
  readConfig,
  start: async ({ traceFile, caFile, ...config }, logger) => {
    const trace = traceFile === undefined ? {} : { trace: await readTraceFile(traceFile) }
    const trusted = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }
    return startFleet({ ...config, ...trace, ...trusted, logger })
  },
})

/** Loaded on demand: most fleets replay nothing, and the file parsers take megabytes of memory. */
async function readTraceFile(path: string): Promise<Trace> {
  const { readTrace } = await import('./trace/read-trace.ts')
  return readTrace(path)
}
