import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import { below, quantile } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withFullPlatform } from '../full-platform.ts'
import { Drive, clock, vinOf } from './drive.ts'
import { dashboardService, withBrowser } from './browser.ts'

const vehicles = 500
const [plainStreams, browserPages] = [97, 3]
const maxMegabytes = 250

export const dashboardStream: Bench = {
  name: 'dashboard-stream',
  description: `live stream with ${plainStreams + browserPages} browsers and ${vehicles} vehicles at 1 Hz`,
  measure: (context) =>
    withBrowser(context, (browser) =>
      withFullPlatform(context, (platform) => watchStream({ browser, platform }, context)),
    ),
}

type Scene = { readonly browser: Browser; readonly platform: BenchPlatform }

async function watchStream(scene: Scene, { isQuick, signal }: BenchContext): Promise<Figure[]> {
  const { browser, platform } = scene
  await using drive = new Drive(platform.eventsUrl, vehicles)
  await drive.reach(3, signal)
  const pages = await openEach(browserPages, () => openPage(browser, platform))
  const url = `${platform.dashboardUrl}/api/stream`
  const listeners = await openEach(plainStreams, (index) =>
    Listener.open(url, { drive, vehicle: index + 1 }),
  )
  await wait(isQuick ? 5_000 : 30_000, undefined, { signal })
  const last = drive.turn - 2
  const current = listeners.filter((listener) => listener.turn >= last && !listener.isClosed)
  const areCurrent = await Promise.all(pages.map(isCurrent))
  const upToDate = current.length + areCurrent.filter(Boolean).length
  const lagsMs = listeners.flatMap((listener) => listener.lagsMs)
  for (const listener of listeners) listener[Symbol.dispose]()
  return figuresOf({ upToDate, lagsMs, peak: platform.peakMegabytes(dashboardService) })
}

function openEach<T>(count: number, open: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => open(index)))
}

async function openPage(browser: Browser, { dashboardUrl }: BenchPlatform): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(`${dashboardUrl}/#/live`)
  await page.locator('.pulse[data-kind="live"]').waitFor()
  return page
}

/** Whether a page shows that it is live, and shows all vehicles. */
async function isCurrent(page: Page): Promise<boolean> {
  const all = page.getByText(`${vehicles} vehicles`, { exact: true })
  return (await page.locator('.pulse[data-kind="live"]').isVisible()) && (await all.isVisible())
}

type Result = {
  readonly upToDate: number
  readonly lagsMs: readonly number[]
  readonly peak: number
}

function figuresOf({ upToDate, lagsMs, peak }: Result): Figure[] {
  const all = plainStreams + browserPages
  const note = `${plainStreams} streams and ${browserPages} pages; p50 ${quantile(lagsMs, 0.5).toFixed(0)} ms, longest ${quantile(lagsMs, 1).toFixed(0)} ms`
  const memory = { most: maxMegabytes, unit: 'MB', note: 'peak of the whole process' }
  return [
    {
      name: `${all} browsers, up to date`,
      value: upToDate,
      unit: 'browsers',
      bar: `all ${all}`,
      met: upToDate === all,
    },
    {
      name: `${all} browsers, accepted → received, p99`,
      value: quantile(lagsMs, 0.99),
      unit: 'ms',
      note,
    },
    below(`${all} browsers, memory of the dashboard`, peak, memory),
  ]
}

/** A client of the stream that follows one vehicle. */
class Listener implements Disposable {
  /** The last received turn of its vehicle. */
  turn = -1
  isClosed = false
  /** Milliseconds from accepted to received, for each reading. */
  readonly lagsMs: number[] = []
  readonly #response: IncomingMessage
  readonly #drive: Drive
  readonly #vehicle: number
  readonly #mark: string
  #rest = ''

  private constructor(response: IncomingMessage, { drive, vehicle }: Followed) {
    this.#response = response
    this.#drive = drive
    this.#vehicle = vehicle
    this.#mark = `{"vin":"${vinOf(vehicle)}"`
    response.setEncoding('latin1').on('data', (text: string) => {
      this.#read(text)
    })
    response.on('error', () => undefined)
    response.on('close', () => {
      this.isClosed = true
    })
  }

  static open(url: string, followed: Followed): Promise<Listener> {
    return new Promise((resolve, reject) => {
      get(url, { agent: false }, (response) => {
        resolve(new Listener(response, followed))
      }).on('error', reject)
    })
  }

  #read(text: string): void {
    const all = this.#rest + text
    const at = all.lastIndexOf(this.#mark)
    const [found, sequence] =
      at < 0 ? [] : (/"sequence":(\d+),/.exec(all.slice(at, at + 600)) ?? [])
    // If the chunk ends inside the vehicle's entry, the rest is read with the next chunk.
    this.#rest = found === undefined ? all.slice(Math.max(0, at < 0 ? all.length - 40 : at)) : ''
    const turn = Number(sequence) - 1
    if (!(turn > this.turn)) return
    const isFirst = this.turn < 0
    this.turn = turn
    const lag = clock() - this.#drive.acceptedAt(this.#vehicle, turn)
    // The first one is from the snapshot. A reading received before its POST is answered has lag 0.
    if (!isFirst) this.lagsMs.push(Number.isNaN(lag) ? 0 : lag)
  }

  [Symbol.dispose](): void {
    this.#response.destroy()
  }
}

type Followed = { readonly drive: Drive; readonly vehicle: number }
