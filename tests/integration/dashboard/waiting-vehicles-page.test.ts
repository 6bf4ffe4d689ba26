import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { until } from '../../support/until.ts'

const pictures = process.env['PICTURES']

describe('Vehicles that want to join, on the page Devices', function () {
  this.timeout(180_000)
  let dashboard: DashboardInBrowser
  let page: Page

  before(async function () {
    dashboard = await startDashboardInBrowser(this, ['devices.unknown=ask'])
    ;({ page } = await openPage(dashboard.browser, { viewport: { width: 1280, height: 900 } }))
    await page.goto(`${dashboard.tenant.dashboardUrl}/#/devices`)
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const send = async (path: string): Promise<number> => {
    const position = `lat=1&lon=2&timestamp=${Math.floor(Date.now() / 1_000)}`
    const url = `${dashboard.tenant.url}${path}${position}`
    return (await fetch(url, { method: 'POST' })).status
  }

  it('are listed, and a click adds one as a device and shows its token', async () => {
    const { tenant } = dashboard
    const devices = page.locator('#devices')
    await devices.getByText('There is no device yet.').waitFor()
    const heading = devices.getByRole('heading', { name: 'Wants to join' })
    expect(await heading.isVisible()).to.equal(false)
    expect(await send('/devices/osmand?id=phone+of+Ann&')).to.equal(403)
    await devices.getByText('phone of Ann').waitFor()
    await devices.getByText(/^1 request, the last one/).waitFor()
    expect(await heading.isVisible()).to.equal(true)
    expect(await accessibilityFaults(page)).to.deep.equal([])
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/waiting.png` })
    await devices.getByLabel('Address').fill(tenant.url)
    await devices.getByRole('button', { name: 'Add phone of Ann' }).click()
    await devices.getByRole('heading', { name: 'Set up phone of Ann' }).waitFor()
    await heading.waitFor({ state: 'hidden' })
    const link = devices.getByLabel('Setup link', { exact: true })
    const path = ((await link.textContent()) ?? '').replace(tenant.url, '')
    expect(path).to.match(/^\/devices\/osmand\/[\w-]{43}\?id=PHONE-OF-ANN$/)
    const asSent = path.replace('PHONE-OF-ANN', 'phone+of+Ann')
    await until('its token is accepted', async () => (await send(`${asSent}&`)) === 200)
  })
})
