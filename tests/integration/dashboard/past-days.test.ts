import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { countPixels, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

const dayMs = 86_400_000
/** The beginning of yesterday in UTC, milliseconds since the Unix epoch. */
const midnight = Math.floor(Date.now() / dayMs) * dayMs - dayMs
const at = (minute: number) => new Date(midnight + minute * 60_000).toISOString()

const moving = '#0a63c9'
const phone = { width: 390, height: 780 }

/** Ten minutes of driving north at 10 m/s with a reading every ten seconds, on a road with bends. */
function aDrive(startMinute: number): object[] {
  return Array.from({ length: 61 }, (_, index) => ({
    ...readingJson('DRIVEN', at(startMinute + index / 6)),
    latitude: 10 + index * 0.0008,
    longitude: 20 + (index % 2) * 0.0004,
    speed: 10,
    heading: 0,
    sequence: startMinute * 100 + 10_000 + index,
  }))
}

describe('Page with readings of past days', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    await tenant.startConsumer()
    const readings = [...aDrive(-60), ...aDrive(30), readingJson('REPORTING')]
    await postJson(tenant, readings)
    await untilCount('the readings are stored', () => tenant.countRows(), readings.length)
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    page = (await openPage(browser, { viewport: phone, timezoneId: 'UTC' })).page
  })

  afterEach(async () => {
    await page.context().close()
  })

  async function visit(fragment: string): Promise<void> {
    await page.goto(`${tenant.dashboardUrl}/#${fragment}`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
  }

  const bothDays = `/history?vin=DRIVEN&from=${at(-90)}&to=${at(90)}`
  const dayText = (time: number) =>
    new Intl.DateTimeFormat('en-IE', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(
      time,
    )

  it('shows the day of the playback time and of trips if the span is on two days', async () => {
    await visit(bothDays)
    const days = page.locator('.trip-day')
    await days.nth(1).waitFor()
    const texts = await days.allTextContents()
    expect(texts).to.have.lengthOf(2)
    expect(texts[0]).to.include(dayText(midnight - 1))
    expect(texts[1]).to.include(dayText(midnight))
    const time = await page.locator('.playback-time').textContent()
    expect(time).to.match(new RegExp(`^${dayText(midnight - 1)}, \\d+:`))
  })

  it('shows no day if the span is on one day', async () => {
    await visit(`/history?vin=DRIVEN&from=${at(1)}&to=${at(90)}`)
    await page.locator('.trip').first().waitFor()
    expect(await page.locator('.trip-day').count()).to.equal(0)
    expect(await page.locator('.playback-time').textContent()).to.match(/^\d+:\d+:\d+/)
  })

  it('shows times of trips with AM and PM beside the distance, not over it', async () => {
    await page.context().close()
    const options = { viewport: phone, timezoneId: 'UTC', locale: 'en-US' }
    page = (await openPage(browser, options)).page
    await visit(bothDays)
    await page.locator('.trip-times').getByText('PM').first().waitFor()
    const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('.trip-times')]
      .filter((times) => times.scrollWidth > times.clientWidth)
      .map((times) => times.textContent)`)
    expect(cut).to.deep.equal([])
  })

  it('draws a vehicle above the playback bar on a phone', async () => {
    // Without a selected vehicle there is no trail, which has nearly the same colour.
    await visit(bothDays.replace('vin=DRIVEN&', ''))
    await page.locator('.playback-status').getByText('1 vehicle').waitFor()
    await until('the vehicle is not covered', async () => {
      const [map, bar] = await Promise.all([
        page.locator('#map').boundingBox(),
        page.locator('#playback').boundingBox(),
      ])
      const clip = { x: 0, y: map!.y, width: phone.width, height: bar!.y - map!.y }
      return (await countPixels(page, await page.screenshot({ clip }), moving)) > 20
    })
  })

  it('says that there are no recent readings in place of an empty chart', async () => {
    await visit('/live?vin=DRIVEN')
    await page.locator('#vehicle').getByText('No readings in the last 10 min.').waitFor()
    expect(await page.locator('.speed-chart .uplot').isVisible()).to.equal(false)
    await page.locator('.close').click()
    await page.locator('#list [data-vin="REPORTING"]').click()
    await page.locator('.speed-chart .uplot').waitFor()
  })

  it('moves the map to the vehicle of a link without a place', async () => {
    await visit('/live?vin=DRIVEN')
    await until('the URL contains its place', () => /at=10\.0\d*,20\.0/.test(page.url()))
  })
})
