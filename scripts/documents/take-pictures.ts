import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { dashboardAddress, eventsAddress } from '../../infra/topology/addresses.ts'
import { findChromium, launchChromium } from './chromium.ts'
import { root } from '../platform/paths.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'

// `npm run pictures`: takes pictures of the running platform with Chromium, for the documents.
// With names after `--` it takes only these, e.g. `npm run pictures -- dashboard-work`.

type Picture = {
  readonly name: string
  readonly address: string
  readonly width: number
  readonly height: number
  readonly isDark?: boolean
  /** Brings the page into the state for the picture. */
  readonly prepare: (page: Page) => Promise<void>
  /** Takes back what `prepare` has changed on the platform. */
  readonly finish?: (page: Page) => Promise<void>
}

/** Milliseconds to wait until arrows, charts and trails are drawn after their data has arrived. */
const settleMs = 4_000

async function showFleet(page: Page): Promise<void> {
  await page.locator('.pulse[data-kind="live"]').waitFor()
  await page.locator('#list [data-state="moving"]').first().waitFor()
  await page.locator('.maplibregl-canvas').waitFor({ state: 'attached' })
}

async function chooseVehicle(page: Page): Promise<void> {
  await showFleet(page)
  // The map is fitted to the fleet before the panel covers a part of it.
  await page.waitForTimeout(settleMs)
  await page.locator('#list [data-state="moving"]').first().click()
}

async function playBack(page: Page): Promise<void> {
  await page
    .locator('.playback-status')
    .getByText(/vehicle/)
    .waitFor()
  const slider = page.getByRole('slider')
  const { x, y, width } = (await slider.boundingBox()) ?? { x: 0, y: 0, width: 0 }
  await page.waitForTimeout(settleMs)
  await page.mouse.click(x + width * 0.93, y + 8)
}

async function showHealth(page: Page): Promise<void> {
  await page.locator('.figure canvas').first().waitFor()
  await page.locator('.ledger table').waitFor()
}

/** Needs a running task and an ended one, e.g. of the example `q-etl`. */
async function showWork(page: Page): Promise<void> {
  await page.locator('.task[data-state="running"] progress').first().waitFor()
  await page.locator('.task[data-state="complete"]').first().waitFor()
  await page.locator('.worker').first().waitFor()
}

/** Needs a loaded file and one that was not loaded. */
async function showFiles(page: Page): Promise<void> {
  await page.locator('[data-file][data-state="complete"]').first().waitFor()
  await page.locator('[data-file][data-state="failed"]').first().waitFor()
  await page.getByRole('heading', { name: 'Files', exact: true }).scrollIntoViewIfNeeded()
}

/** Adds a device with an address that is reserved for documents (RFC 5737), so the QR code leads nowhere. */
async function addDevice(page: Page): Promise<void> {
  const devices = page.locator('#devices')
  await devices.getByLabel('Name', { exact: true }).fill('Van 12')
  await devices.getByLabel('Vehicle').fill('VAN-12')
  await devices.getByLabel('Address').fill('http://192.0.2.10:5001')
  await devices.getByRole('button', { name: 'Add the device' }).click()
  await devices.locator('.qr').waitFor()
  await devices.getByRole('heading', { name: 'Set up Van 12' }).scrollIntoViewIfNeeded()
}

async function removeDevice(page: Page): Promise<void> {
  const link = await page
    .locator('#devices')
    .getByLabel('Setup link', { exact: true })
    .textContent()
  const vin = new URL(link ?? '').searchParams.get('id') ?? ''
  const path = `/api/devices/${encodeURIComponent(vin)}/remove`
  await page.request.post(new URL(path, page.url()).href)
}

function picturesOf(dashboard: string): Picture[] {
  const size = { width: 1360, height: 820 }
  const at = (fragment: string): string => `${dashboard}#${fragment}`
  return [
    { name: 'dashboard', address: at('/live'), ...size, prepare: chooseVehicle },
    { name: 'dashboard-dark', address: at('/live'), ...size, isDark: true, prepare: chooseVehicle },
    { name: 'dashboard-history', address: at('/history'), ...size, prepare: playBack },
    { name: 'dashboard-health', address: at('/health'), ...size, prepare: showHealth },
    { name: 'dashboard-files', address: at('/work'), width: 1360, height: 900, prepare: showFiles },
    { name: 'dashboard-work', address: at('/work'), width: 1360, height: 1180, prepare: showWork },
    {
      name: 'dashboard-devices',
      address: at('/devices'),
      ...{ width: 1100, height: 860 },
      prepare: addDevice,
      finish: removeDevice,
    },
    {
      name: 'dashboard-phone',
      address: at('/live'),
      width: 390,
      height: 780,
      prepare: chooseVehicle,
    },
  ]
}

async function take(browser: Browser, picture: Picture): Promise<void> {
  const { name, address, width, height, isDark, prepare, finish } = picture
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: isDark === true ? 'dark' : 'light',
    // English texts with kilometres.
    locale: 'en-IE',
  })
  await page.goto(address)
  await prepare(page)
  await page.waitForTimeout(settleMs)
  await page.screenshot({ path: join(root, 'img', `${name}.png`) })
  await finish?.(page)
  await page.close()
}

const running = await findPlatform({})
if (!running) throw new Error(noPlatform)
const executable = findChromium()
if (executable === undefined)
  throw new Error('Chromium was not found. Install it, or set CHROMIUM to its path.')
const counter: Picture = {
  name: 'events',
  address: eventsAddress(running.config),
  width: 760,
  height: 480,
  prepare: async (page) => {
    await page.getByText('per second').waitFor()
  },
}
const dashboard = dashboardAddress(running.config)
const browser = await launchChromium(executable)
try {
  const all = [counter, ...(dashboard === undefined ? [] : picturesOf(dashboard))]
  const named = process.argv.slice(2)
  for (const picture of all) {
    if (named.length === 0 || named.includes(picture.name)) await take(browser, picture)
  }
} finally {
  await browser.close()
}
