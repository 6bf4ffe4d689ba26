import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

describe('Hiding silent vehicles on the page', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    const tenMinutesAgo = new Date(Date.now() - 600_000).toISOString()
    await postJson(tenant, readingJson('SILENT', tenMinutesAgo))
    await postJson(tenant, { ...readingJson('REPORTING'), longitude: -122.5 })
    page = (await openPage(browser, { viewport: { width: 390, height: 780 } })).page
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const row = (vin: string) => page.locator(`#list [data-vin="${vin}"]`)
  const checkBox = () => page.getByRole('checkbox', { name: 'Hide silent vehicles' })

  /** The label of the vehicle at the middle of the map, where the silent one is. */
  async function labelInTheMiddle(): Promise<string | undefined> {
    const box = await page.locator('#map').boundingBox()
    if (!box) throw new Error('The page contains no map.')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 1)
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    const label = page.locator('.map-label')
    return (await label.isVisible()) ? ((await label.textContent()) ?? '') : undefined
  }

  it('hides them in the list and on the map, by keyboard, on a phone', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/live?at=37.7749,-122.4194,16`)
    await row('SILENT').waitFor()
    await row('REPORTING').waitFor()
    await until('the map shows it', async () => (await labelInTheMiddle())?.includes('SILENT'))
    await page.locator('.filter').last().focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await row('SILENT').waitFor({ state: 'detached' })
    await page.locator('#list-count').getByText('1 of 2 vehicles').waitFor()
    await until('the map hides it', async () => (await labelInTheMiddle()) === undefined)
    expect(await accessibilityFaults(page)).to.deep.equal([])
  })

  it('stays in the link, and can be undone', async () => {
    await until('the link contains it', () => page.url().includes('states=moving,standing,stale'))
    await page.reload()
    await row('REPORTING').waitFor()
    expect(await checkBox().isChecked()).to.equal(true)
    expect(await row('SILENT').count()).to.equal(0)
    await checkBox().uncheck()
    await row('SILENT').waitFor()
    await until('the link is short again', () => !page.url().includes('states='))
  })
})
