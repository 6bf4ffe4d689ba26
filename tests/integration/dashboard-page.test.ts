import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { findChromium, launchChromium } from '../../scripts/chromium.ts'
import { countPixels, openPage } from '../support/browser.ts'
import { postJson, readingJson } from '../support/http-client.ts'
import { coveredTile, picture, vectorArchive } from '../support/map-tiles.ts'
import { sharedServers } from '../support/servers.ts'
import { Tenant } from '../support/tenant.ts'
import { until } from '../support/until.ts'

const sea = '#d3dee7'
const violet = '#8040c0'
const closeUp = 'at=37.7749,-122.4194,15'
const fromAfar = 'at=20,0,2'

/** Hands out violet tiles to whoever asks, until it is stopped. */
class TileServer {
  readonly #server: Server
  port = 0

  constructor() {
    const tile = picture(violet)
    this.#server = createServer((request, response) => {
      const isTile = /^\/\d+\/\d+\/\d+\.png$/.test(request.url ?? '')
      const headers = { 'content-type': 'image/png', 'access-control-allow-origin': '*' }
      response.writeHead(isTile ? 200 : 404, headers).end(isTile ? tile : '')
    })
  }

  async start(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

describe('the page of the dashboard', function () {
  this.timeout(30_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-page-'))
  const [tokenFile, mapFile] = [join(folder, 'token'), join(folder, 'map.pmtiles')]
  const tiles = new TileServer()
  let browser: Browser
  /** One with a token and a file of tiles, and one with neither and a server of tiles. */
  let guarded: Tenant
  let open: Tenant
  let dashboard: ChildProcess
  let page: Page

  before(async function () {
    this.timeout(90_000)
    const executable = findChromium()
    if (executable === undefined) {
      this.test!.parent!.title += ' (skipped: no Chromium here; install it, or name it in CHROMIUM)'
      this.skip()
    }
    writeFileSync(tokenFile, 'open sesame\n')
    writeFileSync(
      mapFile,
      vectorArchive([
        { z: 0, x: 0, y: 0, bytes: coveredTile('earth') },
        { z: 1, x: 0, y: 0, bytes: coveredTile('water') },
      ]),
    )
    await tiles.start()
    const servers = await sharedServers()
    guarded = await Tenant.create(servers, [
      `dashboard.tokenFile=${tokenFile}`,
      `dashboard.pmtilesFile=${mapFile}`,
    ])
    open = await Tenant.create(
      servers,
      [
        `dashboard.tilesUrl=http://127.0.0.1:${tiles.port}/{z}/{x}/{y}.png`,
        `postgres.database=${guarded.config.postgres.database}`,
        `kafka.topic=${guarded.config.kafka.topic}`,
      ],
      { provision: false },
    )
    dashboard = guarded.spawn('dashboard')
    open.spawn('dashboard')
    ;[browser] = await Promise.all([launchChromium(executable), guarded.startProducer()])
    await guarded.startConsumer()
    for (const { dashboardUrl } of [guarded, open]) {
      await until('it listens', async () => (await fetch(`${dashboardUrl}/api/settings`)).ok)
    }
    const viewport = { width: 1000, height: 600 }
    page = (await openPage(browser, { viewport })).page
    page.setDefaultTimeout(10_000)
  })

  after(async () => {
    // Not there where the set-up has skipped or failed.
    await (browser as Browser | undefined)?.close()
    await (open as Tenant | undefined)?.[Symbol.asyncDispose]()
    await (guarded as Tenant | undefined)?.[Symbol.asyncDispose]()
    await tiles.stop()
    rmSync(folder, { recursive: true })
  })

  async function visit({ dashboardUrl }: Tenant, fragment: string): Promise<void> {
    await page.goto('about:blank')
    await page.goto(`${dashboardUrl}/#${fragment}`)
  }
  const isLive = () => page.locator('.pulse[data-kind="live"]').waitFor()
  const dialog = () => page.getByRole('dialog', { name: 'This fleet is private' })
  const notice = () => page.locator('.map-notice')

  async function enter(token: string): Promise<void> {
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Open' }).click()
  }

  /** Until most of the map has the colour. */
  function coloured(colour: string, atLeast = 250_000): Promise<unknown> {
    return until(`the map is ${colour}`, async () => {
      return (await countPixels(page, await page.locator('#map').screenshot(), colour)) > atLeast
    })
  }

  it('asks for the token, says that one is wrong, and keeps the right one as a cookie', async () => {
    await visit(guarded, `/live?${closeUp}`)
    await dialog().waitFor()
    await page.keyboard.press('Escape')
    await enter('open barley')
    await page.getByText('That is not the token.').waitFor()
    await enter('open sesame')
    await isLive()
    expect(await dialog().count()).to.equal(0)
    const [cookie] = await page.context().cookies()
    expect(cookie).to.include({ httpOnly: true, sameSite: 'Strict' })
    expect(cookie?.value).to.not.include('sesame')
    await page.reload()
    await isLive()
    expect(await dialog().count()).to.equal(0)
  })

  it('shows and hands out behind the token what it does without', async () => {
    await postJson(guarded, readingJson('GUARDED'))
    await page.locator('#list [data-vin="GUARDED"]').click()
    await until('it is stored', async () => (await guarded.countRows()) === 1)
    await page.keyboard.press('2')
    await page.locator('.past-status').getByText('1 vehicle').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ])
    expect(readFileSync(await download.path(), 'utf8')).to.match(/\r\nGUARDED,[^\r]+\r\n$/)
  })

  it('draws the base map from a file, each tile in its place', async () => {
    await visit(guarded, `/live?${closeUp}`)
    await coloured(sea)
    await visit(guarded, '/live?at=-37.7749,122.4194,15')
    await page.locator('.maplibregl-canvas').waitFor()
    // Letters and rims have all sorts of colours.
    expect(await countPixels(page, await page.locator('#map').screenshot(), sea))
      .to //
      .be.lessThan(5_000)
    expect(await notice().isVisible()).to.equal(false)
  })

  it('says what is wrong with the file, and goes on with its own outlines', async () => {
    writeFileSync(mapFile, 'SQLite format 3')
    await visit(guarded, `/live?${fromAfar}`)
    await notice().getByText('Wrong magic number').waitFor()
    rmSync(mapFile)
    await page.reload()
    await notice().getByText('dashboard.pmtilesFile cannot be read').getByText('404').waitFor()
    await coloured(sea, 60_000)
  })

  it('asks again for a token when it is another one', async () => {
    await isLive()
    dashboard.kill('SIGKILL')
    await page.getByText(/^Connection lost at/).waitFor()
    writeFileSync(tokenFile, 'another\n')
    dashboard = guarded.spawn('dashboard')
    await dialog().waitFor({ timeout: 20_000 })
    await enter('another')
    await isLive()
  })

  it('draws the base map from a server, and asks nobody else', async () => {
    await visit(open, `/live?${closeUp}`)
    await isLive()
    await coloured(violet)
    const address = `http://127.0.0.1:${tiles.port}`
    const { headers } = await fetch(open.dashboardUrl)
    const policy = (headers.get('content-security-policy') ?? '').split('; ')
    expect(policy).to.include.members([
      `connect-src 'self' ${address}`,
      `img-src 'self' data: blob: ${address}`,
    ])
    const ask = (url: string) =>
      page.evaluate<string>(`fetch('${url}', { mode: 'no-cors' }).then(() => 'asked', () => 'not')`)
    expect(await ask(`${address}/0/0/0.png`)).to.equal('asked')
    // It is there, and answers whoever may ask it.
    expect(await ask(`${guarded.dashboardUrl}/openapi.json`)).to.equal('not')
  })

  it('says that a server of tiles does not answer, and draws them when it is back', async () => {
    await tiles.stop()
    await visit(open, `/live?${fromAfar}`)
    await notice().getByText(`Not all tiles can be had from 127.0.0.1:${tiles.port}.`).waitFor()
    await coloured(sea, 60_000)
    await tiles.start()
    await coloured(violet)
    await notice().waitFor({ state: 'hidden' })
  })
})
