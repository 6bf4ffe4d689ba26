import { expect } from 'chai'
import type { Browser, Locator, Page, Request } from 'playwright-core'
import { openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

/** A full minute, half an hour ago, in milliseconds since the Unix epoch. */
const begin = Math.floor(Date.now() / 60_000 - 30) * 60_000
const at = (second: number) => new Date(begin + second * 1000).toISOString()

/** Five minutes of driving east at 10 m/s, then a stop of five minutes. */
function aDrive(): object[] {
  return Array.from({ length: 61 }, (_, index) => {
    const longitude = 10 + Math.min(index, 30) * 0.0009
    const reading = { ...readingJson('DRIVEN', at(index * 10)), latitude: 0, longitude }
    return { ...reading, speed: index < 30 ? 10 : 0, sequence: index + 1 }
  })
}

/** A drive around a block at 10 m/s, with one reading every ten seconds. */
function aRoundTrip(): object[] {
  return Array.from({ length: 61 }, (_, index) => {
    const corner = index % 16
    const longitude = 10.01 + Math.min(corner % 8, 8 - (corner % 8)) * 0.0009
    const latitude = 0.01 + (corner < 8 ? 0 : 0.0009)
    const reading = { ...readingJson('ROUND', at(index * 10)), latitude, longitude }
    return { ...reading, speed: 10, sequence: index + 1 }
  })
}

describe('History view of the page', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    await tenant.startConsumer()
    const readings = [...aDrive(), ...aRoundTrip()]
    await postJson(tenant, readings)
    await untilCount('the readings are stored', () => tenant.countRows(), readings.length)
    const locale = { locale: 'en-US', timezoneId: 'UTC' }
    page = (await openPage(browser, { viewport: { width: 800, height: 500 }, ...locale })).page
    await page.goto(`${tenant.dashboardUrl}/#/history`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const field = (name: string): Locator => page.getByLabel(name, { exact: true })
  const fieldValues = () =>
    Promise.all(['Day', 'From', 'To'].map((name) => field(name).inputValue()))
  /** The length of the span in the URL, which is updated after the fields. */
  const spanHours = () =>
    page.evaluate<number>(`(() => {
      const fields = new URLSearchParams(location.hash.split('?')[1])
      return (Date.parse(fields.get('to')) - Date.parse(fields.get('from'))) / 3_600_000
    })()`)

  it('applies a typed day only when its year is complete', async () => {
    const requestedUrls: string[] = []
    const recordRequest = (request: Request) => requestedUrls.push(request.url())
    page.on('request', recordRequest)
    const day = field('Day')
    await day.focus()
    await page.keyboard.type('07042025')
    expect(await day.inputValue()).to.equal('2025-07-04')
    await until('the URL contains the day', () =>
      page.evaluate<boolean>(`/from=2025-07-04T/.test(location.hash)`),
    )
    expect(requestedUrls.filter((url) => url.includes('from=0'))).to.deep.equal([])
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Backspace')
    await page.locator('#search').focus()
    expect(await day.inputValue()).to.equal('2025-07-04')
    page.off('request', recordRequest)
  })

  it('applies a complete time while it is typed, and restores an incomplete one', async () => {
    await field('Day').fill('2025-07-04')
    await field('From').fill('09:05')
    await field('To').fill('10:05')
    await field('From').focus()
    await page.keyboard.type('1030')
    expect(await fieldValues()).to.deep.equal(['2025-07-04', '10:30', '10:05'])
    await until('the span ends on the next day', async () => (await spanHours()) === 24 - 25 / 60)
    for (const name of ['From', 'To']) {
      await field(name).focus()
      await page.keyboard.press('Backspace')
      expect(await field(name).inputValue()).to.equal('')
      await page.locator('#search').focus()
      expect(await fieldValues()).to.deep.equal(['2025-07-04', '10:30', '10:05'])
    }
  })

  it('keeps a span of 24 h when another day is chosen', async () => {
    await page.getByRole('button', { name: 'Last 24 h' }).click()
    await until('the span is chosen', async () => (await spanHours()) === 24)
    const [, from, to] = await fieldValues()
    expect(from).to.equal(to)
    await field('Day').fill('2025-07-02')
    await until('the URL contains the day', () =>
      page.evaluate<boolean>(`/from=2025-07-02T/.test(location.hash)`),
    )
    expect([await spanHours(), await fieldValues()]).to.deep.equal([24, ['2025-07-02', from, to]])
  })

  it('writes the moment chosen with a trip, a stop or the chart to the URL', async () => {
    const chosenSecond = async () => {
      const hash = await page.evaluate<string>(`location.hash`)
      return (Date.parse(/time=([^&]+)/.exec(hash)?.[1] ?? '') - begin) / 1000
    }
    const untilSecond = (min: number, max = min) =>
      until(`the moment is ${min} to ${max} s`, async () => {
        const second = await chosenSecond()
        return second >= min && second <= max
      })
    await page.evaluate(`location.hash = '/history?vin=DRIVEN&from=${at(-60)}&to=${at(900)}'`)
    await page.locator('.trip.stop').click()
    await untilSecond(300)
    await page.locator('.trip:not(.stop)').click()
    await untilSecond(0)
    const chart = page.locator('.speed-chart .u-over')
    const { width, height } = (await chart.boundingBox())!
    await chart.click({ position: { x: width / 2, y: height / 2 } })
    await untilSecond(290, 310)
  })

  it('tells which end of a trip or a stop is outside the time span', async () => {
    const cut = page.locator('.trip-more')
    await page.evaluate(`location.hash = '/history?vin=DRIVEN&from=${at(-60)}&to=${at(200)}'`)
    await cut.getByText('goes on after this time span').waitFor()
    await page.evaluate(`location.hash = '/history?vin=DRIVEN&from=${at(400)}&to=${at(900)}'`)
    await cut.getByText('began before this time span').waitFor()
  })

  it('shows moving vehicles at each moment of a downsampled day', async () => {
    const day = `from=${at(-40_000)}&to=${at(46_400)}`
    const moments = [100, 125, 200, 320, 590]
    for (const moment of moments) {
      await page.goto('about:blank')
      await page.goto(`${tenant.dashboardUrl}/#/history?${day}&time=${at(moment)}`)
      await page.locator('.playback-status').getByText('2 vehicles').waitFor()
      await page.locator('#list [data-vin="ROUND"][data-state="moving"]').waitFor()
    }
  })

  it('shows complete dates and times on a phone, and the playback rate beside the play button', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    const cut = await page.evaluate<string[]>(`(() => {
      const needs = (field) => {
        field.style.width = 'max-content'
        const { width } = field.getBoundingClientRect()
        field.style.width = ''
        return width
      }
      return [...document.querySelectorAll('.span-fields input')]
        .filter((field) => field.getBoundingClientRect().width < needs(field))
        .map((field) => field.ariaLabel)
    })()`)
    expect(cut).to.deep.equal([])
    const [play, rate] = await Promise.all(
      ['.play', '.rate'].map((selector) => page.locator(selector).boundingBox()),
    )
    expect(rate!.y).to.be.lessThan(play!.y + play!.height)
  })
})
