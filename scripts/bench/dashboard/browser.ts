import type { Browser } from 'playwright-core'
import { findChromium, launchChromium } from '../../documents/chromium.ts'
import type { BenchContext, Figure } from '../bench.ts'

/** What the benchmarks of the dashboard look with. */

export const dashboardService = 'dashboard-0'

/** Measures in Chromium; where there is none says so and measures nothing. */
export async function withBrowser(
  { printProgress }: BenchContext,
  measure: (browser: Browser) => Promise<Figure[]>,
): Promise<Figure[]> {
  const executable = findChromium()
  if (executable === undefined) {
    printProgress('left out: there is no Chromium; install it, or name one in CHROMIUM')
    return []
  }
  const browser = await launchChromium(executable)
  try {
    return await measure(browser)
  } finally {
    await browser.close()
  }
}
