import type { Figure } from '../bench/bench.ts'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Bar } from './bar.ts'
import { below, clock, quantile } from './bar.ts'
import { Drive, vinOf } from './drive.ts'
import { startBrowser } from './map.ts'

const vehicles = 500
const [plain, real] = [97, 3]
const watchedSeconds = 30
const mostMegabytes = 250

export const stream: Bar = {
  name: 'stream',
  about: `${plain + real} browsers on the stream, ${vehicles} vehicles at 1 Hz`,
  measure: async ({ platform, say }) => {
    const browser = await startBrowser()
    try {
      await using drive = new Drive(platform.eventsUrl, vehicles)
      while (drive.turn < 3) await wait(100)
      const pages = await Promise.all(
        Array.from({ length: real }, async () => {
          const page = await browser.newPage()
          await page.goto(`${platform.dashboardUrl}/#/live`)
          await page.locator('.pulse[data-kind="live"]').waitFor()
          return page
        }),
      )
      const listeners = await Promise.all(
        Array.from({ length: plain }, (_, index) =>
          Listener.open(`${platform.dashboardUrl}/api/stream`, { drive, vehicle: index + 1 }),
        ),
      )
      await wait(watchedSeconds * 1000)
      const last = drive.turn - 2
      const current = listeners.filter((listener) => listener.turn >= last && !listener.isClosed)
      const live = await Promise.all(
        pages.map((page) => page.locator('.pulse[data-kind="live"]').isVisible()),
      )
      const known = await Promise.all(
        pages.map((page) => page.getByText(`${vehicles} vehicles`, { exact: true }).isVisible()),
      )
      const upToDate = current.length + live.filter((one, at) => one && known[at]).length
      say(`${upToDate} are up to date`)
      const lags = listeners.flatMap(({ lags }) => lags)
      for (const listener of listeners) listener[Symbol.dispose]()
      return figuresOf({ upToDate, lags, peak: platform.dashboardPeak() })
    } finally {
      await browser.close()
    }
  },
}

type Result = {
  readonly upToDate: number
  readonly lags: readonly number[]
  readonly peak: number
}

function figuresOf({ upToDate, lags, peak }: Result): Figure[] {
  const all = plain + real
  const note = `${plain} streams and ${real} pages; p50 ${quantile(lags, 0.5).toFixed(0)} ms, longest ${quantile(lags, 1).toFixed(0)} ms`
  const memory = { most: mostMegabytes, unit: 'MB', note: 'whole process, at its peak' }
  return [
    {
      name: `${all} browsers, up to date`,
      value: upToDate,
      unit: 'browsers',
      bar: `all ${all}`,
      met: upToDate === all,
    },
    {
      name: `${all} browsers, accepted → told, p99`,
      value: quantile(lags, 0.99),
      unit: 'ms',
      note,
    },
    below(`${all} browsers, memory of the dashboard`, peak, memory),
  ]
}

/** One who listens to the stream, and follows one vehicle in it. */
class Listener implements Disposable {
  /** The last turn of its vehicle that it was told of. */
  turn = -1
  isClosed = false
  /** Milliseconds from accepted to told, of each reading. */
  readonly lags: number[] = []
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
    // What is cut off in the middle of its vehicle is read with what follows.
    this.#rest = found === undefined ? all.slice(Math.max(0, at < 0 ? all.length - 40 : at)) : ''
    const turn = Number(sequence) - 1
    if (!(turn > this.turn)) return
    const isFirst = this.turn < 0
    this.turn = turn
    const lag = clock() - this.#drive.acceptedAt(this.#vehicle, turn)
    // The first is of the snapshot; what is told before its answer has come has no lag.
    if (!isFirst) this.lags.push(Number.isNaN(lag) ? 0 : lag)
  }

  [Symbol.dispose](): void {
    this.#response.destroy()
  }
}

type Followed = { readonly drive: Drive; readonly vehicle: number }
