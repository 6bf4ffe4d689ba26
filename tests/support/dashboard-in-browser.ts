import type { Browser } from 'playwright-core'
import { launchChromium } from '../../scripts/documents/chromium.ts'
import { Resources } from '../../services/runtime/resources.ts'
import { chromiumOrSkip } from './browser.ts'
import { sharedServers } from './servers.ts'
import { Tenant } from './tenant.ts'
import { until } from './until.ts'

/** A tenant with a producer and a dashboard, and a browser. Disposing it stops them. */
export type DashboardInBrowser = AsyncDisposable & {
  readonly tenant: Tenant
  readonly browser: Browser
}

/** Starts a dashboard, a producer and Chromium. Skips the tests if there is no Chromium. */
export async function startDashboardInBrowser(
  context: Mocha.Context,
  settings: readonly string[] = [],
): Promise<DashboardInBrowser> {
  context.timeout(90_000)
  const executable = chromiumOrSkip(context)
  await using resources = new Resources()
  const tenant = resources.use(await Tenant.create(await sharedServers(), settings))
  tenant.spawn('dashboard')
  const browser = resources.adopt(await launchChromium(executable), (open) => open.close())
  await tenant.startProducer()
  await until(
    'the dashboard listens',
    async () => (await fetch(`${tenant.dashboardUrl}/api/settings`)).ok,
  )
  const started = resources.move()
  return { tenant, browser, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() }
}
