import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { devicesAreRead, readCode, sendAsTraccarClient } from '../../support/devices-page.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

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
  /** The address of Traccar Client with the token of the device, as the page has shown it. */
  let url: string
  const requested: string[] = []

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    ;({ page, faults } = await openPage(browser, {
      viewport: desktop,
      permissions: ['clipboard-read', 'clipboard-write'],
    }))
    page.on('request', (request) => requested.push(request.url()))
    page.on('framenavigated', (frame) => requested.push(frame.url()))
  })

  before(() => devicesAreRead(tenant))

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const devices = () => page.locator('#devices')
  const link = () => devices().getByLabel('Setup link', { exact: true })
  const row = (name: string) => devices().getByRole('listitem').filter({ hasText: name })
  const action = (label: string, name: string) =>
    devices().getByRole('button', { name: `${label}: ${name}`, exact: true })
  const confirm = (label: string) =>
    page.getByRole('dialog').getByRole('button', { name: label, exact: true }).click()
  const vehicle = () => page.locator('#vehicle')
  const listed = () => page.locator('#list .row-name').allTextContents()
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }

  it('opens by keyboard, and offers the address of the machine', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/live`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
    await page.keyboard.press('6')
    await devices().getByRole('button', { name: 'Add the device' }).waitFor()
    await devices().getByText('There is no device yet.').waitFor()
    expect(new URL(page.url()).hash).to.equal('#/devices')
    expect(await page.locator('.modes [aria-current]').textContent()).to.equal('Devices')
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('form')
  })

  it('says what is wrong with an address', async () => {
    await devices().getByLabel('Name', { exact: true }).fill('Van 12')
    await devices().getByLabel('Address').fill('http://192.0.2.7/x')
    await page.keyboard.press('Enter')
    await devices().getByRole('alert').getByText('This is not an address').waitFor()
    expect(await page.evaluate('document.activeElement.id')).to.equal('device-address')
  })

  it('adds a device, and shows a link with its token', async () => {
    await devices().getByLabel('Address').fill(tenant.url)
    await page.keyboard.press('Enter')
    await devices().getByRole('heading', { name: 'Set up Van 12' }).waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Set up Van 12')
    // The test's ingress listens on loopback.
    await devices().getByText(`A phone cannot reach ${tenant.url}`).waitFor()
    url = (await link().textContent()) ?? ''
    expect(url.replace(tenant.url, '')).to.match(
      /^\/devices\/osmand\/[A-Za-z0-9_-]{43}\?id=VAN-12$/,
    )
  })

  for (const name of ['OwnTracks', 'Overland', 'Traccar Client']) {
    it(`shows the link for ${name} as a QR code that a reader reads`, async () => {
      await devices().getByRole('button', { name, exact: true }).click()
      await devices().getByText(`Install ${name}`).waitFor()
      expect(await readCode(page)).to.equal(await link().textContent())
      await picture(`setup-${name}`)
    })
  }

  it('shows a readable QR code in the dark mode, too', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await readCode(page)).to.equal(await link().textContent())
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('setup-dark')
    await page.emulateMedia({ colorScheme: 'light' })
  })

  it('copies the setup link to the clipboard', async () => {
    await devices().getByRole('button', { name: 'Copy setup link' }).click()
    await devices().getByRole('button', { name: 'Copied: setup link' }).waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(
      await link().textContent(),
    )
  })

  it('says when the first position with the token has arrived, and shows it on the map', async () => {
    await devices().getByRole('button', { name: 'Traccar Client' }).click()
    const status = devices().getByRole('region', { name: 'Setup of Van 12' }).getByRole('status')
    await status.getByText('Waiting for its first position …').waitFor()
    await row('Van 12').getByText('Waiting for its first position …').waitFor()
    expect(await sendAsTraccarClient(`${tenant.url}/devices/osmand?id=VAN-12`)).to.equal(401)
    await until('the token works', async () => (await sendAsTraccarClient(url)) === 200)
    await status.getByText('Connected: a position has arrived.').waitFor()
    await row('Van 12').getByText('Last position').waitFor()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('connected')
    await devices().getByRole('link', { name: 'Show it on the map' }).click()
    await vehicle().getByRole('heading', { name: 'Van 12' }).waitFor()
    await vehicle().getByText('VAN-12', { exact: true }).waitFor()
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

  it('removes the token from the page after "Done", and never puts it into an address of the dashboard', async () => {
    const token = tokenIn(url)
    expect(await page.content()).to.include(token)
    await devices().getByRole('button', { name: 'Done' }).click()
    expect(await page.evaluate('document.activeElement.id')).to.equal('device-name')
    expect(await page.content()).not.to.include(token)
    const kept = await page.evaluate(
      `JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.cookie])`,
    )
    expect(kept).not.to.include(token)
    expect(requested).to.include(`${tenant.dashboardUrl}/api/devices`)
    expect(requested.filter((each) => each.includes(token))).to.deep.equal([])
  })

  it('says why a device was not added', async () => {
    await devices().getByLabel('Name', { exact: true }).fill('Another van')
    await devices().getByLabel('Vehicle').fill('VAN-12')
    await page.keyboard.press('Enter')
    await devices().getByRole('alert').getByText('A device with this vin exists already').waitFor()
    await devices().getByLabel('Vehicle').fill('')
  })

  it('renames a device', async () => {
    await action('Rename', 'Van 12').click()
    await devices().getByLabel('New name').fill('The red van')
    await page.keyboard.press('Enter')
    await row('The red van').waitFor()
    expect(await row('The red van').textContent()).to.include('VAN-12')
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Rename')
  })

  it('adds and removes aliases', async () => {
    await action('Aliases', 'The red van').click()
    for (const alias of ['73829102', 'phone 7']) {
      await devices().getByLabel('New alias of The red van').fill(` ${alias} `)
      await page.keyboard.press('Enter')
      await devices().getByText(`The alias ${alias} is added.`).waitFor()
    }
    await row('The red van').getByText('VAN-12, 73829102, phone 7', { exact: true }).waitFor()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('aliases')
    await page.setViewportSize(phone)
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(phone.width)
    await picture('aliases-phone')
    await page.setViewportSize(desktop)
    await devices().getByRole('button', { name: 'Remove phone 7' }).click()
    await devices().getByText('The alias phone 7 is removed.').waitFor()
    await row('The red van').getByText('VAN-12, 73829102', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('Aliases')
  })

  it('shows the name in the list of vehicles, which finds it by name and alias', async () => {
    await page.keyboard.press('1')
    for (const text of ['red van', '738291', 'van-12']) {
      await page.locator('#search').fill(text)
      await until('it is found', async () => (await listed()).join() === 'The red van')
    }
    await page.locator('#search').fill('truck')
    await until('it is not found', async () => (await listed()).length === 0)
    await page.locator('#search').fill('')
    await vehicle().getByRole('heading', { name: 'The red van' }).waitFor()
    await picture('live')
    await page.locator('#search').blur()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await page.keyboard.press('6')
  })

  it('makes a new token after a question, and the old one is refused', async () => {
    await action('New token', 'The red van').click()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('question')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('New token')
    expect(await sendAsTraccarClient(url)).to.equal(200)
    await action('New token', 'The red van').click()
    await confirm('Make a new token')
    await devices().getByRole('heading', { name: 'Set up The red van' }).waitFor()
    const last = url
    url = (await link().textContent()) ?? ''
    expect(tokenIn(url)).not.to.equal(tokenIn(last))
    await until('the new token works', async () => (await sendAsTraccarClient(url)) === 200)
    expect(await sendAsTraccarClient(last)).to.equal(401)
  })

  it('revokes a token: it is refused, and its setup is taken out of the page', async () => {
    await action('Revoke', 'The red van').click()
    await confirm('Revoke')
    await row('The red van').getByText('Its token is refused.').waitFor()
    expect(await page.content()).not.to.include(tokenIn(url))
    await until('it is refused', async () => (await sendAsTraccarClient(url)) === 401)
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('revoked')
  })

  it('removes a device from the list, and says that its rows stay', async () => {
    await action('Remove', 'The red van').click()
    await page.getByRole('dialog').getByText('Its stored positions stay in the database').waitFor()
    await confirm('Remove')
    await devices().getByText('The red van is removed. Its stored positions stay.').waitFor()
    await row('The red van').waitFor({ state: 'detached' })
    await page.keyboard.press('1')
    await until('its vehicle leaves the list', async () => (await listed()).length === 0)
    await vehicle().getByText('or its device was removed').waitFor()
    // Chromium reports the refused request as an error.
    expect(faults.filter((fault) => !fault.includes('409 (Conflict)'))).to.deep.equal([])
  })
})

/** The token at the end of the path. */
function tokenIn(url: string): string {
  const token = new URL(url).pathname.split('/')[3] ?? ''
  expect(token).to.have.lengthOf(43)
  return token
}
