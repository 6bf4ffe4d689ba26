import type { Browser } from 'playwright-core'
import { findChromium, launchChromium } from '../../chromium.ts'
import type { BenchContext, Figure } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'

/** What the benchmarks of the dashboard play on: a platform that has one, and a browser. */

export const dashboardService = 'dashboard-0'

/** Measures a platform of its own, with its dashboard. */
export async function onDashboard(
  { open }: BenchContext,
  measure: (platform: BenchPlatform) => Promise<Figure[]>,
): Promise<Figure[]> {
  await using platform = await open('dashboard.instances=1')
  await platform.startServices(...platform.services)
  return await measure(platform)
}

/** Measures in Chromium; where there is none says so and measures nothing. */
export async function inBrowser(
  { say }: BenchContext,
  measure: (browser: Browser) => Promise<Figure[]>,
): Promise<Figure[]> {
  const executable = findChromium()
  if (executable === undefined) {
    say('left out: there is no Chromium; install it, or name one in CHROMIUM')
    return []
  }
  const browser = await launchChromium(executable)
  try {
    return await measure(browser)
  } finally {
    await browser.close()
  }
}
