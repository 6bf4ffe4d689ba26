import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, quantile } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withFullPlatform } from '../full-platform.ts'
import { Drive, clock, columnWidth, origin, rowHeight, rows } from './drive.ts'
import { withBrowser } from './browser.ts'
import type { Drawn } from './probe.ts'
import { startProbe, takeObservations } from './probe.ts'

/** Milliseconds to wait until the page has drawn its map. */
const settleMs = 5_000
/** Milliseconds to wait for the last readings of the measured time. */
const maxTransitMs = 3_000
/**
 * With more vehicles there are no targets for delays and frames, only for the response to input.
 */
const maxVehiclesWithBars = 1_000
const minFramesPerSecond = 10
const maxMs = 1_000
const maxResponseMs = 300

export const dashboardMap: Bench = {
  name: 'dashboard-map',
  description: 'map in a browser that draws in software, with 1,000 and 5,000 vehicles',
  measure: (context) =>
    withBrowser(context, (browser) =>
      withFullPlatform(context, async (platform) => [
        ...(await watchMap({ browser, platform, vehicles: 1_000 }, context)),
        ...(await watchMap({ browser, platform, vehicles: 5_000 }, context)),
      ]),
    ),
}

type Scene = {
  readonly browser: Browser
  readonly platform: BenchPlatform
  readonly vehicles: number
}

async function watchMap(
  scene: Scene,
  { isQuick, printProgress, signal }: BenchContext,
): Promise<Figure[]> {
  const { browser, platform, vehicles } = scene
  const watchedSeconds = isQuick ? 5 : 20
  await using drive = new Drive(platform.eventsUrl, vehicles)
  await drive.reach(3, signal)
  const page = await openMap(browser, platform.dashboardUrl, vehicles)
  await wait(settleMs, undefined, { signal })
  await takeObservations(page)
  const from = clock()
  await wait(watchedSeconds * 1000, undefined, { signal })
  const to = clock()
  await wait(maxTransitMs, undefined, { signal })
  const { drawn, frames } = await takeObservations(page)
  const rate = frames.filter((at) => at >= from && at < to).length / watchedSeconds
  const delays = delaysOf(drive, drawn, { from, to })
  printProgress(`${vehicles} vehicles: ${rate.toFixed(1)} frames/s, ${describeDelays(delays)}`)
  const at = `${vehicles} vehicles at 1 Hz`
  const answers = await interact(page)
  await page.close()
  return [
    ...[...delayFigures(at, delays), framesFigure(at, rate)].map(
      vehicles <= maxVehiclesWithBars ? (figure) => figure : withoutBar,
    ),
    below(`${at}, key or click to paint`, quantile(answers, 1), {
      most: maxResponseMs,
      unit: 'ms',
      note: `the longest of ${answers.length}; median ${quantile(answers, 0.5)} ms`,
    }),
  ]
}

function framesFigure(at: string, rate: number): Figure {
  const bar = `at least ${minFramesPerSecond}`
  return {
    name: `${at}, frames`,
    value: rate,
    unit: 'a second',
    bar,
    met: rate >= minFramesPerSecond,
  }
}

function withoutBar({ bar: _bar, met: _met, ...figure }: Figure): Figure {
  return figure
}

async function openMap(browser: Browser, url: string, vehicles: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await startProbe(page)
  const latitude = origin.latitude + (rows * rowHeight) / 2
  const longitude = origin.longitude + (vehicles / rows / 2) * columnWidth
  // Zoomed in so far that vehicles are not joined into clusters.
  await page.goto(`${url}/#/live?at=${latitude.toFixed(5)},${longitude.toFixed(5)},12`)
  await page.locator('.pulse[data-kind="live"]').waitFor()
  await page.locator('canvas.arrows').waitFor({ state: 'attached' })
  return page
}

type Delays = { readonly accepted: number; readonly delaysMs: readonly number[] }

/** The number of readings accepted in a time span, and the delay of each one that was drawn. */
function delaysOf(
  drive: Drive,
  drawn: readonly Drawn[],
  span: { from: number; to: number },
): Delays {
  const isInSpan = (vehicle: number, turn: number): boolean => {
    const at = drive.acceptedAt(vehicle, turn)
    return at >= span.from && at < span.to
  }
  let accepted = 0
  for (let turn = 0; turn <= drive.turn; turn += 1) {
    for (let vehicle = 1; vehicle < drive.vehicles; vehicle += 1) {
      if (isInSpan(vehicle, turn)) accepted += 1
    }
  }
  const delaysMs = drawn
    .filter(([vehicle, turn]) => vehicle > 0 && isInSpan(vehicle, turn))
    .map(([vehicle, turn, at]) => at - drive.acceptedAt(vehicle, turn))
  return { accepted, delaysMs }
}

function describeDelays({ accepted, delaysMs }: Delays): string {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(delaysMs, share).toFixed(0))
  return `drawn ${delaysMs.length} of ${accepted}; p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`
}

function delayFigures(at: string, delays: Delays): Figure[] {
  const { accepted, delaysMs } = delays
  const share = (delaysMs.length / accepted) * 100
  const note = `${describeDelays(delays)}; then the arrow moves to the new position for up to 1.5 s`
  const p99 = quantile(delaysMs, 0.99)
  return [
    below(`${at}, accepted → drawn on its way, p99`, p99, { most: maxMs, unit: 'ms', note }),
    {
      name: `${at}, readings drawn`,
      value: share,
      unit: '%',
      bar: 'all',
      met: delaysMs.length === accepted,
      note: `${delaysMs.length} of ${accepted}`,
    },
  ]
}

/** Searches, opens and closes vehicles like a user. Returns the response times. */
async function interact(page: Page): Promise<readonly number[]> {
  for (let turn = 0; turn < 3; turn += 1) {
    await page.keyboard.press('/')
    await page.keyboard.type(`bench-000${turn}`, { delay: 120 })
    await page.keyboard.press('Enter')
    await wait(500)
    await page.keyboard.press('/')
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await page
      .locator('#list [data-vin]')
      .nth(turn + 2)
      // The rows of the list move all the time, so the click must not wait for stability.
      .click({ force: true })
    await wait(500)
    await page.keyboard.press('Escape')
    await page.locator('#map').click({ position: { x: 300 + 40 * turn, y: 300 } })
    await wait(500)
    await page.keyboard.press('Escape')
  }
  return (await takeObservations(page)).responsesMs
}
