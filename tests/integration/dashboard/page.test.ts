import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { toConfig } from '../../../infra/config/config.ts'
import { roadsFile } from '../../../infra/local/placement.ts'
import { ownerClient } from '../../../scripts/platform/database.ts'
import { launchChromium } from '../../../scripts/documents/chromium.ts'
import { chromiumOrSkip, countPixels, openPage } from '../../support/browser.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { aRoad, vectorArchive } from '../../support/map-tiles.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { TileServer } from '../../support/tile-server.ts'
import { until, untilCount } from '../../support/until.ts'
import { fullTile } from '../../support/vector-tiles.ts'

const sea = '#d3dee7'
/** Colours of the dark mode, which differ enough from each other. */
const [darkLand, darkRoad] = ['#141b22', '#2e3a46']
const violet = '#8040c0'
/** The page must show its markup as text. */
const attribution = '© <i>Everybody</i>'
const closeView = 'at=37.7749,-122.4194,15'
const farView = 'at=20,0,2'

describe('Page of the dashboard', function () {
  this.timeout(120_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-page-'))
  const [tokenFile, mapFile] = [join(folder, 'token'), join(folder, 'map.pmtiles')]
  const tiles = new TileServer(violet)
  let browser: Browser
  /** With a token and a file of map tiles. */
  let guarded: Tenant
  /** Without a token, and with a tile server. */
  let open: Tenant
  /** Without a token and without tiles. */
  let plain: Tenant
  let dashboard: ChildProcess
  let page: Page

  before(async function () {
    this.timeout(90_000)
    const executable = chromiumOrSkip(this)
    writeFileSync(tokenFile, 'open-sesame\n')
    writeFileSync(
      mapFile,
      vectorArchive([
        { z: 1, x: 0, y: 0, bytes: fullTile('water') },
        { z: 1, x: 1, y: 0, bytes: fullTile('earth') },
        { z: 1, x: 0, y: 1, bytes: fullTile('earth') },
        { z: 1, x: 1, y: 1, bytes: fullTile('earth') },
      ]),
    )
    await tiles.start()
    const servers = await sharedServers()
    guarded = await Tenant.create(servers, [
      `dashboard.tokenFile=${tokenFile}`,
      `dashboard.pmtilesFile=${mapFile}`,
    ])
    const sameData = [
      `postgres.database=${guarded.config.postgres.database}`,
      `kafka.topic=${guarded.config.kafka.topic}`,
    ]
    const tileSettings = [
      `dashboard.tilesUrl=http://127.0.0.1:${tiles.port}/{z}/{x}/{y}.png`,
      `dashboard.tilesAttribution=${attribution}`,
    ]
    open = await Tenant.create(servers, [...tileSettings, ...sameData], { provision: false })
    plain = await Tenant.create(servers, sameData, { provision: false })
    dashboard = guarded.spawn('dashboard')
    open.spawn('dashboard')
    plain.spawn('dashboard')
    ;[browser] = await Promise.all([launchChromium(executable), guarded.startProducer()])
    await guarded.startConsumer()
    await guarded.directChanges.produce([{ key: 'x', value: 'no JSON' }])
    for (const { dashboardUrl } of [guarded, open, plain]) {
      await until(
        'the dashboard listens',
        async () => (await fetch(`${dashboardUrl}/api/settings`)).ok,
      )
    }
    const viewport = { width: 800, height: 500 }
    page = (await openPage(browser, { viewport })).page
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (browser as Browser | undefined)?.close()
    await (plain as Tenant | undefined)?.[Symbol.asyncDispose]()
    await (open as Tenant | undefined)?.[Symbol.asyncDispose]()
    await (guarded as Tenant | undefined)?.[Symbol.asyncDispose]()
    await tiles.stop()
    rmSync(folder, { recursive: true })
    if (open as Tenant | undefined) rmSync(roadsFile(open.deployment.folders), { force: true })
  })

  async function visit({ dashboardUrl }: Tenant, fragment: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${dashboardUrl}/#${fragment}`)
  }
  /** Navigates in the open page. */
  const navigateTo = (fragment: string) => page.evaluate(`location.hash = '#${fragment}'`)
  const isLive = () => page.locator('.pulse[data-kind="live"]').waitFor()
  const dialog = () => page.getByRole('dialog', { name: 'Sign in' })
  const notice = () => page.locator('.map-notice')

  async function enter(token: string): Promise<void> {
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** How many of the 40,000 pixels in the middle of the map have the colour. */
  async function countOnMap(colour: string): Promise<number> {
    const box = await page.locator('#map').boundingBox()
    if (!box) throw new Error('The page contains no map.')
    const { x, y, width, height } = box
    const clip = { x: x + width / 2 - 100, y: y + height / 2 - 100, width: 200, height: 200 }
    return countPixels(page, await page.screenshot({ clip }), colour)
  }

  /** Waits until most of the map has the colour. */
  function untilColoured(colour: string, atLeast = 35_000): Promise<unknown> {
    return until(`the map is ${colour}`, async () => {
      return (await countOnMap(colour)) > atLeast
    })
  }

  it('asks the user for the token, refuses a wrong token, and stores a session cookie for the right one', async () => {
    await visit(guarded, `/live?${closeView}`)
    await dialog().waitFor()
    await page.keyboard.press('Escape')
    await enter('open barley')
    await page.getByText('The token is wrong.').waitFor()
    await enter('open-sesame')
    await isLive()
    expect(await dialog().count()).to.equal(0)
    const [cookie] = await page.context().cookies()
    expect(cookie).to.include({ httpOnly: true, sameSite: 'Strict' })
    expect(cookie?.value).to.not.include('sesame')
    await page.reload()
    await isLive()
    expect(await dialog().count()).to.equal(0)
  })

  it('shows vehicles and downloads tracks with a token', async () => {
    await postJson(guarded, readingJson('GUARDED'))
    await page.locator('#list [data-vin="GUARDED"]').click()
    expect(await page.locator('#list-count').textContent()).to.equal('1 vehicle')
    await untilCount('the reading is stored', () => guarded.countRows(), 1)
    await page.keyboard.press('2')
    await page.locator('.playback-status').getByText('1 vehicle').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ])
    expect(readFileSync(await download.path(), 'utf8')).to.match(/\r\nGUARDED,[^\r]+\r\n$/)
  })

  it('retries loading the history until the database answers', async () => {
    const { database } = guarded.config.postgres
    const status = page.locator('.playback-status')
    const otherDatabase = toConfig(structuredClone(guarded.config), ['postgres.database=postgres'])
    const owner = ownerClient(otherDatabase, guarded.deployment.folders)
    await owner.connect()
    const allowConnections = (isAllowed: boolean) =>
      owner.query(`alter database "${database}" with allow_connections ${String(isAllowed)}`)
    await allowConnections(false)
    const terminateAll = 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1'
    await owner.query(terminateAll, [database])
    await page.getByRole('button', { name: 'Last 1 h' }).click()
    await status.getByText('History cannot be read').waitFor()
    const noTrips = page.getByText('No trips or stops in this time span.')
    expect(await noTrips.count()).to.equal(0)
    await isLive()
    await allowConnections(true)
    await owner.end()
    await status.getByText('1 vehicle').waitFor()
    await noTrips.waitFor()
  })

  it('selects the first search result on Enter, also directly after typing', async () => {
    const longAgo = new Date(Date.now() - 600_000).toISOString()
    await postJson(guarded, readingJson('SILENT', longAgo))
    await navigateTo('/live')
    await page.locator('#list [data-vin="SILENT"]').waitFor()
    const hash = await page.evaluate<string>(`
      const field = document.querySelector('#search')
      field.value = 'silent'
      field.dispatchEvent(new Event('input'))
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))
      location.hash`)
    expect(hash).to.include('vin=SILENT')
  })

  it('shows an existing vehicle after an unknown vehicle was requested', async () => {
    await navigateTo('/live?vin=GUARDED')
    const glyph = page.locator('#vehicle .glyph')
    await glyph.waitFor()
    await navigateTo('/live?vin=UNKNOWN')
    await page.locator('#vehicle').getByText('This vehicle has not reported').waitFor()
    expect(await glyph.count()).to.equal(0)
    await page.locator('#list [data-vin="SILENT"]').click()
    await glyph.and(page.locator('.silent')).waitFor()
  })

  it('ignores the playback keys outside the history view', async () => {
    await navigateTo('/live')
    await page.locator('#vehicle').waitFor({ state: 'hidden' })
    await page.keyboard.press('.')
    await page.locator('#list [data-vin="SILENT"]').click()
    expect(await page.evaluate('location.hash'))
      .to.match(/vin=SILENT/)
      .and.not.match(/time=/)
  })

  it('keeps the focus in the text of a dead letter while the figures are updated', async () => {
    await navigateTo('/health')
    const letter = page.locator('.letter-text')
    await letter.getByText('no JSON').waitFor()
    await letter.focus()
    await postJson(guarded, readingJson('GUARDED'))
    await page.locator('.ledger tfoot td').first().getByText('3', { exact: true }).waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).to.equal('no JSON')
  })

  it('draws each tile of a map file in its place', async () => {
    await navigateTo('/live?at=0,0,2')
    // A quarter of the checked pixels.
    await until('only the north-west is water', async () => {
      return Math.abs((await countOnMap(sea)) - 10_000) < 1_000
    })
    expect(await notice().isVisible()).to.equal(false)
  })

  it('shows why the map file cannot be read, and draws the built-in outlines', async () => {
    writeFileSync(mapFile, 'SQLite format 3')
    await page.reload()
    await notice().getByText('dashboard.pmtilesFile cannot be read: Wrong magic').waitFor()
    await untilColoured(sea, 11_000)
    rmSync(mapFile)
    const authorization = 'Bearer open-sesame'
    const missing = await fetch(`${guarded.dashboardUrl}/map.pmtiles`, {
      headers: { authorization },
    })
    expect([missing.status, missing.headers.get('content-type')]).to.deep.equal([
      404,
      'application/problem+json',
    ])
  })

  it('asks the user for the new token after the token has changed', async () => {
    await isLive()
    dashboard.kill('SIGKILL')
    await page.getByText(/^Connection lost at/).waitFor()
    writeFileSync(tokenFile, 'another\n')
    dashboard = guarded.spawn('dashboard')
    await dialog().waitFor()
    await enter('another')
    await isLive()
  })

  it('draws the base map from a tile server, and requests no other server', async () => {
    await visit(open, `/live?${closeView}`)
    await isLive()
    await untilColoured(violet)
    await page.getByText(attribution, { exact: true }).waitFor()
    const address = `http://127.0.0.1:${tiles.port}`
    const { headers } = await fetch(open.dashboardUrl)
    const policy = (headers.get('content-security-policy') ?? '').split('; ')
    expect(policy).to.include.members([
      `connect-src 'self' ${address}`,
      `img-src 'self' data: blob: ${address}`,
    ])
    const tryFetch = (url: string) =>
      page.evaluate<string>(
        `fetch('${url}', { mode: 'no-cors' }).then(() => 'sent', () => 'blocked')`,
      )
    expect(await tryFetch(`${address}/0/0/0.png`)).to.equal('sent')
    // The server runs and allows every origin.
    expect(await tryFetch(`${guarded.dashboardUrl}/openapi.json`)).to.equal('blocked')
  })

  it('draws the roads of a fleet that starts while the page is open, but not on a map with tiles', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await visit(plain, `/live?${closeView}`)
    await isLive()
    await untilColoured(darkLand)
    const before = await countOnMap(darkRoad)
    mkdirSync(plain.deployment.folders.data, { recursive: true })
    writeFileSync(roadsFile(plain.deployment.folders), aRoad(37.7744))
    await postJson(guarded, readingJson('ON-ROAD'))
    await until('a road is drawn', async () => (await countOnMap(darkRoad)) > before + 400)
    await page.emulateMedia({ colorScheme: 'light' })
    await visit(open, `/live?${closeView}`)
    await isLive()
    await untilColoured(violet)
    expect(await countOnMap('#ffffff')).to.be.lessThan(400)
  })

  it('shows that the tile server does not answer, and draws the tiles when it answers again', async () => {
    await tiles.stop()
    await navigateTo(`/live?${farView}`)
    await notice()
      .getByText(`Some map tiles cannot be loaded from 127.0.0.1:${tiles.port}.`)
      .waitFor()
    await untilColoured(sea, 8_000)
    await tiles.start()
    await untilColoured(violet)
    await notice().waitFor({ state: 'hidden' })
  })
})
