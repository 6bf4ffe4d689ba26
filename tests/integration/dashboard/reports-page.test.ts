import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import type { Tenant } from '../../support/tenant.ts'

/** A folder for pictures of the page, e.g. to look at them after a change of the style. */
const pictures = process.env['PICTURES']
const phone = { width: 390, height: 780 }
const desktop = { width: 1280, height: 800 }

describe('The page Reports', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page
  let faults: readonly string[]

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    ;({ page, faults } = await openPage(browser, { timezoneId: 'Europe/Vienna' }))
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const reports = () => page.locator('#reports')
  const rows = () => reports().locator('tbody tr')
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }
  async function chooseDays(first: string, last: string): Promise<void> {
    await reports().getByLabel('First day').fill(first)
    await reports().getByLabel('Last day').fill(last)
  }

  /** An hour of each vehicle at noon in UTC on the 29th and 30th of March; all hours of the 29th. */
  async function fill(vehicles: number): Promise<void> {
    await tenant.sql(
      `INSERT INTO data.computed_hour
       SELECT '2026-03-28T23:00Z'::timestamptz + number * interval '1 hour', now() FROM generate_series(0, 22) AS number`,
    )
    await tenant.sql(`INSERT INTO data.computed_hour VALUES ('2026-03-30T12:00Z', now())`)
    await tenant.sql(
      `INSERT INTO data.vehicle_hour
         (vin, hour_begin, distance_mm, driving_ms, idle_ms, max_speed, mean_speed, readings, gaps, stops)
       SELECT 'CAR-' || lpad(car::text, 4, '0'), '2026-03-29T12:00Z'::timestamptz + day * interval '1 day',
         12345000 + car * 1000, 1800000, 900000, 20, 6.9, 3600, 0, 3
       FROM generate_series(1, $1) AS car, generate_series(0, 1) AS day`,
      [vehicles],
    )
  }

  it('says that no hour of the day has been computed', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/live`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
    await page.keyboard.press('5')
    await reports().getByText('Days in Europe/Vienna').waitFor()
    await reports()
      .getByText(/^No hour has been computed yet: \d+ \w+\.$/)
      .waitFor()
    await reports().getByText('No vehicle has reported in these hours.').waitFor()
    expect(new URL(page.url()).hash).to.equal('#/reports')
    expect(await page.locator('.modes [aria-current]').textContent()).to.equal('Reports')
  })

  it('shows each vehicle and day, the total, and which days are not complete', async () => {
    await fill(2)
    await chooseDays('2026-03-28', '2026-03-30')
    await rows().nth(3).waitFor()
    const first = await rows().first().locator('th, td').allTextContents()
    expect(first).to.deep.equal([
      'CAR-0001',
      '29 Mar',
      '12.3 km',
      '30 min',
      '15 min',
      '3',
      '72 km/h',
    ])
    await reports().getByText('No hour has been computed yet: 28 Mar.').waitFor()
    await reports().getByText('30 Mar: 1 of 24 hours have been computed.').waitFor()
    // The 29th has 23 hours, and all of them have been computed.
    expect(await reports().getByText('29 Mar:').count()).to.equal(0)
    const total = await reports().locator('tfoot').locator('th, td').allTextContents()
    expect(total).to.deep.equal(['2 vehicles', '49.4 km', '2 h', '1 h', '12', '72 km/h'])
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('desktop')
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture('desktop-dark')
    await page.setViewportSize(phone)
    await picture('phone-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await picture('phone')
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(phone.width)
    await page.setViewportSize(desktop)
  })

  it('offers the days as CSV', async () => {
    const downloading = page.waitForEvent('download')
    await reports().getByRole('link', { name: 'CSV' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).to.equal('report-2026-03-28-2026-03-30.csv')
  })

  it('opens the history of a vehicle on a day, with 23 hours', async () => {
    await rows().first().getByRole('link').click()
    await page.waitForURL(/#\/history/)
    expect(new URL(page.url()).hash).to.include(
      'vin=CAR-0001&from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z',
    )
    await page.keyboard.press('5')
    await rows().first().waitFor()
  })

  it('shows a wrong choice of days as an error', async () => {
    await chooseDays('2026-03-30', '2026-03-28')
    await reports().getByText('firstDay must not be after lastDay.').waitFor()
    expect(faults.filter((fault) => !fault.includes('400'))).to.deep.equal([])
  })

  it('shows further vehicles on request', async () => {
    await tenant.sql('TRUNCATE data.vehicle_hour, data.computed_hour')
    await fill(201)
    await chooseDays('2026-03-29', '2026-03-29')
    await reports().getByText('First 200 vehicles').waitFor()
    await reports().getByRole('button', { name: 'Show more vehicles' }).click()
    await reports().getByText('201 vehicles', { exact: true }).waitFor()
    expect(await rows().count()).to.equal(201)
  })
})
