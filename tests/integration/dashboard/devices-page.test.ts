import { expect } from 'chai'
import jsQR from 'jsqr'
import type { Browser, Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import type { Tenant } from '../../support/tenant.ts'

/** A folder for pictures of the page, e.g. to look at them after a change of the style. */
const pictures = process.env['PICTURES']
const desktop = { width: 1280, height: 900 }
const phone = { width: 390, height: 780 }

describe('The page Devices', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page
  let faults: readonly string[]

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    ;({ page, faults } = await openPage(browser, {
      viewport: desktop,
      permissions: ['clipboard-read', 'clipboard-write'],
    }))
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const devices = () => page.locator('#devices')
  const link = () => devices().getByLabel('Setup link', { exact: true })
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }

  it('opens by keyboard, and offers the address of the machine', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/live`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
    await page.keyboard.press('6')
    await devices().getByRole('heading', { name: 'Connect a vehicle' }).waitFor()
    expect(new URL(page.url()).hash).to.equal('#/devices')
    expect(await page.locator('.modes [aria-current]').textContent()).to.equal('Devices')
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('form')
  })

  it('says what is wrong with an address', async () => {
    await devices().getByLabel('Vehicle').fill('VAN-12')
    await devices().getByLabel('Address').fill('http://192.0.2.7/x')
    await page.keyboard.press('Enter')
    await devices().getByRole('alert').getByText('This is not an address').waitFor()
    expect(await page.evaluate('document.activeElement.id')).to.equal('device-address')
  })

  it('shows a QR code that a reader reads as the link, in light and dark', async () => {
    await devices().getByLabel('Address').fill(tenant.url)
    await page.keyboard.press('Enter')
    await devices().getByRole('heading', { name: 'Set up VAN-12' }).waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Set up VAN-12')
    // The test's ingress listens on loopback.
    await devices().getByText(`A phone cannot reach ${tenant.url}`).waitFor()
    expect(await link().textContent()).to.equal(`${tenant.url}/devices/osmand?id=VAN-12`)
    for (const name of ['Traccar Client', 'OwnTracks', 'Overland']) {
      await devices().getByRole('button', { name, exact: true }).click()
      await devices().getByText(`Install ${name}`).waitFor()
      expect(await readCode(page)).to.equal(await link().textContent())
      await picture(`setup-${name}`)
    }
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await readCode(page)).to.equal(await link().textContent())
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('setup-dark')
    await page.emulateMedia({ colorScheme: 'light' })
  })

  it('copies the link', async () => {
    await devices().getByRole('button', { name: 'Copy setup link' }).click()
    await devices().getByRole('button', { name: 'Copied: setup link' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(
      await link().textContent(),
    )
  })

  it('says when the first position has arrived, and shows it on the map', async () => {
    await devices().getByRole('button', { name: 'Traccar Client' }).click()
    const status = devices().getByRole('status')
    await status.getByText('Waiting for its first position …').waitFor()
    const url = (await link().textContent()) ?? ''
    const body = new URLSearchParams({
      ...{ lat: '37.77', lon: '-122.42', timestamp: String(Math.floor(Date.now() / 1_000)) },
    })
    expect((await fetch(url, { method: 'POST', body })).status).to.equal(200)
    await status.getByText('Connected: a position has arrived.').waitFor()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('connected')
    await devices().getByRole('link', { name: 'Show it on the map' }).click()
    await page.locator('#vehicle').getByRole('heading', { name: 'VAN-12' }).waitFor()
    await page.keyboard.press('6')
  })

  it('fits a phone', async () => {
    await page.setViewportSize(phone)
    for (const summary of await devices().locator('summary').all()) await summary.click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(phone.width)
    const right = await page.evaluate(
      `Math.max(...[...document.querySelectorAll('.top *, #devices *')].map((element) => element.getBoundingClientRect().right))`,
    )
    expect(right).to.be.at.most(phone.width)
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('phone')
    await page.emulateMedia({ colorScheme: 'dark' })
    await devices().getByText('Try it without a phone').scrollIntoViewIfNeeded()
    await picture('phone-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(desktop)
  })

  it('takes the setup out of the page when the user is done', async () => {
    await devices().getByRole('button', { name: 'Done' }).click()
    expect(await page.evaluate('document.activeElement.id')).to.equal('device-vin')
    expect(await devices().innerHTML()).not.to.include('/devices/osmand')
    expect(faults).to.deep.equal([])
  })
})

/** Reads the code as a phone does: from the picture on the screen. */
async function readCode(page: Page): Promise<string | undefined> {
  const png = await page.locator('#devices .qr').screenshot({ scale: 'device' })
  const scratch = await page.context().newPage()
  const found: unknown = await scratch.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png.toString('base64')}'
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    const { data, width, height } = context.getImageData(0, 0, image.width, image.height)
    // One number for each pixel: the code has no colours.
    return { pixels: [...data].filter((_, at) => at % 4 === 0), width, height }
  })()`)
  const { pixels, width, height } = found as { pixels: number[]; width: number; height: number }
  await scratch.close()
  const rgba = pixels.flatMap((grey) => [grey, grey, grey, 255])
  return jsQR.default(Uint8ClampedArray.from(rgba), width, height)?.data
}
