import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, quantile } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { onWhole } from '../whole.ts'
import { Drive, clock, columnWidth, origin, rowHeight, rows } from './drive.ts'
import { inBrowser } from './stage.ts'
import type { Drawn } from './probe.ts'
import { startProbe, takeSeen } from './probe.ts'

/** Milliseconds until the page has its map, and what was loaded is drawn. */
const settling = 5_000
/** Milliseconds that the last readings of the time that is watched are waited for. */
const longestWay = 3_000
/** With more vehicles the page has to stay usable, whatever else it comes to. */
const mostWithBars = 1_000
const leastFrames = 10
const mostMs = 1_000
const mostAnswerMs = 300

export const dashboardMap: Bench = {
  name: 'dashboard-map',
  about: 'arrows in a browser that draws in software, at 1,000 and at 5,000 vehicles',
  measure: (context) =>
    inBrowser(context, (browser) =>
      onWhole(context, async (platform) => [
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

async function watchMap(scene: Scene, { isQuick, say, signal }: BenchContext): Promise<Figure[]> {
  const { browser, platform, vehicles } = scene
  const watchedSeconds = isQuick ? 5 : 20
  await using drive = new Drive(platform.eventsUrl, vehicles)
  await drive.reach(3, signal)
  const page = await openMap(browser, platform.dashboardUrl, vehicles)
  await wait(settling, undefined, { signal })
  await takeSeen(page)
  const from = clock()
  await wait(watchedSeconds * 1000, undefined, { signal })
  const to = clock()
  await wait(longestWay, undefined, { signal })
  const { drawn, frames } = await takeSeen(page)
  const rate = frames.filter((at) => at >= from && at < to).length / watchedSeconds
  const way = wayOf(drive, drawn, { from, to })
  say(`${vehicles} vehicles: ${rate.toFixed(1)} frames/s, ${describeWay(way)}`)
  const at = `${vehicles} vehicles at 1 Hz`
  const answers = await use(page)
  await page.close()
  return [
    ...[...wayFigures(at, way), framesFigure(at, rate)].map(
      vehicles <= mostWithBars ? (figure) => figure : withoutBar,
    ),
    below(`${at}, key or click to paint`, quantile(answers, 1), {
      most: mostAnswerMs,
      unit: 'ms',
      note: `the longest of ${answers.length}; median ${quantile(answers, 0.5)} ms`,
    }),
  ]
}

function framesFigure(at: string, rate: number): Figure {
  const bar = `at least ${leastFrames}`
  return { name: `${at}, frames`, value: rate, unit: 'a second', bar, met: rate >= leastFrames }
}

function withoutBar({ bar: _bar, met: _met, ...figure }: Figure): Figure {
  return figure
}

async function openMap(browser: Browser, url: string, vehicles: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await startProbe(page)
  const latitude = origin.latitude + (rows * rowHeight) / 2
  const longitude = origin.longitude + (vehicles / rows / 2) * columnWidth
  // As close that vehicles are not joined into clusters.
  await page.goto(`${url}/#/live?at=${latitude.toFixed(5)},${longitude.toFixed(5)},12`)
  await page.locator('.pulse[data-kind="live"]').waitFor()
  await page.locator('canvas.arrows').waitFor({ state: 'attached' })
  return page
}

type Way = { readonly accepted: number; readonly took: readonly number[] }

/** Of the readings that were accepted in a time: how many, and how long each that was drawn took. */
function wayOf(drive: Drive, drawn: readonly Drawn[], span: { from: number; to: number }): Way {
  const isMeant = (vehicle: number, turn: number): boolean => {
    const at = drive.acceptedAt(vehicle, turn)
    return at >= span.from && at < span.to
  }
  let accepted = 0
  for (let turn = 0; turn <= drive.turn; turn += 1) {
    for (let vehicle = 1; vehicle < drive.vehicles; vehicle += 1) {
      if (isMeant(vehicle, turn)) accepted += 1
    }
  }
  const took = drawn
    .filter(([vehicle, turn]) => vehicle > 0 && isMeant(vehicle, turn))
    .map(([vehicle, turn, at]) => at - drive.acceptedAt(vehicle, turn))
  return { accepted, took }
}

function describeWay({ accepted, took }: Way): string {
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(took, share).toFixed(0))
  return `drawn ${took.length} of ${accepted}; p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`
}

function wayFigures(at: string, way: Way): Figure[] {
  const { accepted, took } = way
  const share = (took.length / accepted) * 100
  const note = `${describeWay(way)}; from then on the arrow glides there, for up to 1.5 s`
  const p99 = quantile(took, 0.99)
  return [
    below(`${at}, accepted → drawn on its way, p99`, p99, { most: mostMs, unit: 'ms', note }),
    {
      name: `${at}, readings drawn`,
      value: share,
      unit: '%',
      bar: 'all',
      met: took.length === accepted,
      note: `${took.length} of ${accepted}`,
    },
  ]
}

/** Searches, looks at vehicles and closes them, as a person would; returns how long each took. */
async function use(page: Page): Promise<readonly number[]> {
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
      // Rows of a list that moves all the time are clicked all the same.
      .click({ force: true })
    await wait(500)
    await page.keyboard.press('Escape')
    await page.locator('#map').click({ position: { x: 300 + 40 * turn, y: 300 } })
    await wait(500)
    await page.keyboard.press('Escape')
  }
  return (await takeSeen(page)).answers
}
