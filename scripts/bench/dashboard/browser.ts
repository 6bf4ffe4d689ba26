import type { Browser } from 'playwright-core'
import { findChromium, launchChromium } from '../../documents/chromium.ts'
import type { BenchContext, Figure } from '../bench.ts'

/** The browser of the dashboard benchmarks. */

export const dashboardService = 'dashboard-0'

/** Measures in Chromium. Without Chromium it prints a message and returns no figures. */
export async function withBrowser(
  { printProgress }: BenchContext,
  measure: (browser: Browser) => Promise<Figure[]>,
): Promise<Figure[]> {
  const executable = findChromium()
  if (executable === undefined) {
    printProgress('skipped: Chromium was not found. Install it, or set CHROMIUM to its path.')
    return []
  }
  const browser = await launchChromium(executable)
  try {
    return await measure(browser)
  } finally {
    await browser.close()
  }
}
