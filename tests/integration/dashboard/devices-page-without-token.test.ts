import { expect } from 'chai'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { devicesAreRead, sendAsTraccarClient } from '../../support/devices-page.ts'
import { addDevice, openDevices } from '../../support/tenant-devices.ts'

const pictures = process.env['PICTURES']
const phone = { width: 390, height: 780 }

describe('The page Devices of a public dashboard without a token', function () {
  this.timeout(120_000)

  it('cannot change devices, says why, and shows the setup with a token that is typed', async function () {
    const settings = ['dashboard.public=true', 'devices.unknown=ask']
    await using dashboard = await startDashboardInBrowser(this, settings)
    const { browser, tenant } = dashboard
    await devicesAreRead(tenant)
    await using registry = await openDevices(tenant)
    const token = await addDevice(registry, 'VAN-7')
    const { page } = await openPage(browser, { viewport: phone })
    await page.goto(`${tenant.dashboardUrl}/#/devices`)
    const devices = page.locator('#devices')
    await devices.getByText('This page cannot change devices').waitFor()
    await devices.getByRole('listitem').filter({ hasText: 'VAN-7' }).waitFor()
    expect(await sendAsTraccarClient(`${tenant.url}/devices/osmand?id=NEW-1`)).to.equal(403)
    await devices.getByRole('listitem').filter({ hasText: 'NEW-1' }).waitFor()
    await devices.getByText('npm run devices -- admit ID').waitFor()
    for (const name of ['Add the device', 'Rename', 'New token', 'Revoke', 'Remove', 'Add NEW-1'])
      expect(await devices.getByRole('button', { name }).count()).to.equal(0)
    await devices.getByLabel('Vehicle').fill('VAN-7')
    await devices.getByLabel('Address').fill(tenant.url)
    await devices.getByRole('textbox', { name: 'Token' }).fill(token)
    await devices.getByRole('button', { name: 'Show the setup' }).click()
    const link = await devices.getByLabel('Setup link', { exact: true }).textContent()
    expect(await sendAsTraccarClient(link ?? '')).to.equal(200)
    await devices.getByText('Connected: a position has arrived.').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(phone.width)
    expect(await accessibilityFaults(page)).to.deep.equal([])
    if (pictures !== undefined)
      await page.screenshot({ path: `${pictures}/read-only.png`, fullPage: true })
  })
})
