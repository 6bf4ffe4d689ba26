import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Browser, Locator, Page } from 'playwright-core'
import { launchChromium } from '../../scripts/documents/chromium.ts'
import type { OpenPage } from '../support/browser.ts'
import { accessibilityFaults, chromiumOrSkip, countPixels, openPage } from '../support/browser.ts'
import { DrivingFleet, place } from '../support/driving-fleet.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

const moving = '#0a63c9'
const stale = '#a35200'

describe('dashboard page in a browser', function () {
  this.timeout(120_000)
  let home: PlatformHome
  let browser: Browser
  let fleet: DrivingFleet
  let open: OpenPage
  let page: Page
  let url: string

  before(async function () {
    this.timeout(240_000)
    const executable = chromiumOrSkip(this)
    home = await PlatformHome.create([
      'fleet.numVehicles=0',
      'dashboard.staleAfterSeconds=3',
      'dashboard.silentAfterSeconds=3600',
    ])
    const [, started] = await Promise.all([
      home.start().waitForOutput('The platform is running.'),
      launchChromium(executable),
    ])
    browser = started
    url = `http://127.0.0.1:${home.config.dashboard.hostPort}/`
    fleet = new DrivingFleet(`http://127.0.0.1:${home.config.ingress.hostPort}`)
    open = await openPage(browser)
    page = open.page
  })

  after(async () => {
    // Undefined if the setup was skipped or failed.
    await (fleet as DrivingFleet | undefined)?.[Symbol.asyncDispose]()
    await (browser as Browser | undefined)?.close()
    await (home as PlatformHome | undefined)?.[Symbol.asyncDispose]()
  })

  /** Opens a link to a view in a newly loaded page. */
  async function visit(fragment: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${url}#${fragment}`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
  }

  const closeUp = `at=${place.latitude},${place.longitude},17`
  const row = (vin: string): Locator => page.locator(`#list [data-vin="${vin}"]`)

  /** A point `east` pixels to the right of the map's centre. */
  async function pointOnMap(east: number): Promise<{ x: number; y: number }> {
    const box = await page.locator('#map').boundingBox()
    if (!box) throw new Error('the page has no #map element')
    return { x: box.x + box.width / 2 + east, y: box.y + box.height / 2 }
  }

  /** The label of the vehicle that is drawn at this point, if any. */
  async function vehicleAt(east: number): Promise<string | undefined> {
    const { x, y } = await pointOnMap(east)
    await page.mouse.move(x, y - 1)
    await page.mouse.move(x, y)
    const label = page.locator('.map-label')
    return (await label.isVisible()) ? ((await label.textContent()) ?? '') : undefined
  }

  async function screenshotAt(east: number): Promise<Buffer> {
    const { x, y } = await pointOnMap(east)
    await page.mouse.move(0, 0)
    return page.screenshot({ clip: { x: x - 16, y: y - 16, width: 32, height: 32 } })
  }

  it('has an early first paint and loads less than 2 MB', async () => {
    const sizes: number[] = []
    page.on('requestfinished', (request) => {
      void request.sizes().then(({ responseBodySize }) => sizes.push(responseBodySize))
    })
    await visit('/live')
    const paint = await page.evaluate<number>(
      `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
    )
    // Generous, because the test machine may be busy.
    expect(paint).to.be.lessThan(15_000)
    await page.locator('.maplibregl-canvas').waitFor()
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.lessThan(2_000_000)
    page.removeAllListeners('requestfinished')
  })

  it('shows how to start a fleet while there are no vehicles', async () => {
    await page.getByText('npm run fleet -- --num-vehicles 10').waitFor()
  })

  it('shows new vehicles without a reload', async () => {
    await fleet.start(12)
    await page.getByText('12 vehicles', { exact: true }).waitFor()
    expect(await page.locator('#empty').isVisible()).to.equal(false)
    const rows = page.locator('#list [role="option"]')
    await until('each vehicle has a row', async () => (await rows.count()) === 12)
  })

  it('moves the arrows of driving vehicles on the map', async () => {
    await visit('/live')
    await until('the map fits the fleet', async () =>
      page.evaluate<boolean>(`location.hash.includes('at=')`),
    )
    const before = await page.locator('#map').screenshot()
    await until('the map has changed', async () => {
      return !before.equals(await page.locator('#map').screenshot())
    })
  })

  it('draws a vehicle at its position and moves it for a newer reading, but not for a late reading', async () => {
    await visit(`/live?${closeUp}`)
    const isBlue = async (): Promise<boolean> =>
      (await countPixels(page, await screenshotAt(0), moving)) > 40
    await until('the vehicle is in the centre and blue', async () => {
      await fleet.report('PLACED', { eastMetres: 0, secondsAgo: 0 })
      return (await isBlue()) && (await vehicleAt(0))?.includes('PLACED')
    })
    // 60 m at zoom 17 are about 127 pixels at this latitude.
    await fleet.report('PLACED', { eastMetres: 60, secondsAgo: 0 })
    await until('the vehicle has moved', async () => (await vehicleAt(127))?.includes('PLACED'))
    await fleet.report('PLACED', { eastMetres: -60, secondsAgo: 30 })
    await fleet.report('AFTER', { eastMetres: -60, secondsAgo: 0 })
    await until('the next report is shown', async () => (await vehicleAt(-127))?.includes('AFTER'))
    await until('the vehicle has not moved', async () => (await vehicleAt(127))?.includes('PLACED'))
  })

  it('shows a stale vehicle in another colour on the map', async () => {
    await row('PLACED').and(page.locator('[data-state="stale"]')).waitFor()
    await until(
      'it is orange',
      async () => (await countPixels(page, await screenshotAt(127), stale)) > 20,
    )
    expect(await countPixels(page, await screenshotAt(127), moving)).to.equal(0)
  })

  it('finds a vehicle by vin and model, and selects it on Enter', async () => {
    await visit('/live')
    await page.keyboard.press('/')
    await page.keyboard.type('roadster drive-7')
    await page.getByText('1 of 14 vehicles').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('#vehicle').getByText('DRIVE-7').waitFor()
    await page.waitForURL(/vin=DRIVE-7.*q=roadster/)
  })

  it('shows the age, the receipt and the speed chart of a selected vehicle', async () => {
    const panel = page.locator('#vehicle')
    await panel.getByText(/last reading just now/).waitFor()
    expect(await panel.locator('dd').last().textContent()).to.match(/^\d+-\d+-\d+$/)
    // The chart is drawn when the track has been read.
    await panel.locator('canvas').waitFor()
    expect(await panel.locator('canvas').count()).to.equal(1)
  })

  it('keeps the view when the skip link moves the focus to the search field', async () => {
    await visit('/live?vin=DRIVE-7&q=roadster')
    const isKept = () => page.evaluate<boolean>(`/vin=DRIVE-7&q=roadster/.test(location.hash)`)
    await page.locator('.skip').focus()
    await page.keyboard.press('Enter')
    await until('the search field has the focus', () =>
      page.evaluate(`document.activeElement.id === 'search'`),
    )
    expect(await isKept()).to.equal(true)
    await page.evaluate(`location.hash = '#list'`)
    await until('the view is in the URL again', isKept)
  })

  it('accepts a click on a row whose content changes between press and release', async () => {
    await visit('/live')
    const age = row('PLACED').locator('.row-age')
    const before = await age.textContent()
    await row('PLACED').hover()
    await page.mouse.down()
    await until('the list has changed', async () => (await age.textContent()) !== before)
    await page.mouse.up()
    await page.locator('#vehicle .vehicle-name').getByText('PLACED').waitFor()
  })

  it('loads late readings into the track of the last minutes', async () => {
    const loaded = page.waitForResponse(/DRIVE-7[/]track/)
    await visit('/live?vin=DRIVE-7')
    await loaded
    const secondsAgo = 60
    const before = Date.now() - secondsAgo * 1000
    await fleet.report('DRIVE-7', { eastMetres: 900, secondsAgo })
    await until('the page has loaded the late reading', async () => {
      const response = await page.waitForResponse(/DRIVE-7[/]track/)
      const { points } = (await response.json()) as { points: [at: number][] }
      return points.some(([at]) => at >= before && at < before + 5_000)
    })
  })

  it('follows the selected vehicle on the map after the key F', async () => {
    await visit('/live?vin=DRIVE-3')
    await page.keyboard.press('f')
    await page.getByRole('button', { name: 'Following' }).waitFor()
    const camera = async (): Promise<string> =>
      /at=[^&]*/.exec(await page.evaluate<string>('location.hash'))?.[0] ?? ''
    const before = await until('the camera is in the URL', camera)
    await until('the map follows the vehicle', async () => (await camera()) !== before)
  })

  it('shows HTML in vehicle fields as text', async () => {
    const markup = '<img src=x onerror="document.title=1">'
    const metadata = { note: markup, [markup]: '</script><script>document.title=2</script>' }
    await fleet.report('HOSTILE', {
      eastMetres: 0,
      secondsAgo: 0,
      make: markup,
      model: '<b>x</b>',
      metadata,
    })
    await visit('/live?vin=HOSTILE')
    await page.locator('#vehicle h2').getByText(markup).waitFor()
    await page.locator('#vehicle .metadata dd').getByText(markup).waitFor()
    expect(await page.locator('#vehicle :is(img, script, b)').count()).to.equal(0)
    expect(await page.title()).to.equal('Fleet · av-telemetry')
  })

  it('plays the history of the fleet and of one vehicle', async () => {
    await visit('/history')
    const time = page.locator('.playback-time')
    await page
      .locator('.playback-status')
      .getByText(/\d+ vehicles/)
      .waitFor()
    const before = await time.textContent()
    await page.keyboard.press(' ')
    await until('the playback time advances', async () => (await time.textContent()) !== before)
    await page.getByRole('button', { name: 'Pause' }).click()
    await row('DRIVE-3').click()
    await page.locator('.playback-status').getByText('1 vehicle').waitFor()
    const slider = page.getByRole('slider', { name: 'Playback time' })
    await slider.focus()
    await page.keyboard.press('End')
    await page.locator('[aria-valuetext$=":00"]').and(slider).waitFor()
  })

  for (const [name, start] of [
    ['GeoJSON', '{"type":"Feature'],
    ['GPX', '<?xml'],
    ['CSV', 'vin,'],
  ] as const) {
    it(`downloads a track as ${name}`, async () => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name }).click(),
      ])
      expect(download.suggestedFilename()).to.include('DRIVE-3')
      expect(readFileSync(await download.path(), 'utf8').slice(0, start.length)).to.equal(start)
    })
  }

  it('shows the ledger, the services and three charts in the health view', async () => {
    await visit('/health')
    await page.getByText('Balanced: every offset is accounted for.').waitFor()
    await page
      .locator('.services')
      .getByText(/consumer/)
      .waitFor()
    await until('3 charts', async () => (await page.locator('.figure canvas').count()) === 3)
  })

  it('can be used with the keyboard', async () => {
    await visit('/live')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    // Arrow keys select nothing while the list is empty.
    await page.locator('#list [role="option"]').first().waitFor()
    await page.locator('#list').focus()
    await page.keyboard.press('ArrowDown')
    const chosen = () => page.locator('[aria-selected="true"]').getAttribute('data-vin')
    const first = await chosen()
    await page.keyboard.press('ArrowDown')
    await until('the next vehicle is selected', async () => (await chosen()) !== first)
    const outline = await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)
    expect(outline).to.equal('solid')
    await page.keyboard.press('Escape')
    await page.locator('#vehicle').waitFor({ state: 'hidden' })
    await page.keyboard.press('2')
    await page.locator('#playback').waitFor()
  })

  for (const [colorScheme, views] of [
    ['light', ['/live?vin=DRIVE-3', '/history?vin=DRIVE-3', '/health']],
    ['dark', ['/live?vin=DRIVE-3', '/health']],
  ] as const) {
    it(`has no accessibility violations in ${colorScheme} mode`, async () => {
      const faults: string[] = []
      await page.emulateMedia({ colorScheme })
      for (const view of views) {
        await visit(view)
        await page.locator('.maplibregl-canvas').waitFor({ state: 'attached' })
        faults.push(...(await accessibilityFaults(page)).map((fault) => `${view}: ${fault}`))
      }
      expect(faults).to.deep.equal([])
      await page.emulateMedia({ colorScheme: 'light' })
    })
  }

  it('fits the screen of a phone without horizontal scrolling', async () => {
    const phone = await openPage(browser, { viewport: { width: 360, height: 740 }, hasTouch: true })
    for (const view of ['/live', '/live?vin=DRIVE-3', '/history?vin=DRIVE-3', '/health']) {
      await phone.page.goto('about:blank')
      await phone.page.goto(`${url}#${view}`)
      await phone.page.locator('.pulse[data-kind="live"]').waitFor()
      const widths = await phone.page.evaluate(
        `[document.documentElement, ...document.querySelectorAll('header, main, main > *, #playback')]
          .filter((node) => node.scrollWidth > 360).map((node) => node.id || node.tagName)`,
      )
      expect(widths, view).to.deep.equal([])
    }
    await phone.page.context().close()
  })

  it('causes no errors, violates no content security policy and requests no other host', () => {
    expect(open.faults).to.deep.equal([])
  })

  it('reports a lost connection and reconnects automatically', async () => {
    await visit('/live')
    home.kill('dashboard-0')
    await page.getByText(/^Connection lost at/).waitFor()
    await page.locator('.pulse[data-kind="live"]').waitFor()
    expect(await page.locator('#notice').isVisible()).to.equal(false)
  })
})
