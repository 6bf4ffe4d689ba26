import type { Readiness } from '../adapters/http/operations.ts'
import { operationsApp } from '../adapters/http/operations.ts'
import { listen } from '../adapters/http/server.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { dashboardApp } from './app.ts'
import type { DashboardConfig } from './config.ts'
import { readPageFiles } from './page-files.ts'

/** Shows the fleet in a browser, until disposed. */
export async function startDashboard(
  config: DashboardConfig,
  log: Log,
  stop: AbortSignal,
): Promise<Running> {
  await using resources = new Resources()
  const registry = createRegistry('dashboard')
  const readiness = (): Readiness =>
    stop.aborted ? { ready: false, reason: 'stopping' } : { ready: true }
  resources.use(await listen(operationsApp({ registry, readiness }), config.operations))
  const app = dashboardApp({ config, files: readPageFiles(), log })
  resources.use(await listen(app, config.http))
  const held = resources.move()
  return { [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() }
}
