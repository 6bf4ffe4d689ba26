import { expect } from 'chai'
import type { Browser, Locator, Page, Request } from 'playwright-core'
import { launchChromium } from '../../../scripts/documents/chromium.ts'
import { chromiumOrSkip, openPage } from '../../support/browser.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

/** A full minute half an hour ago, in milliseconds. */
const begin = Math.floor(Date.now() / 60_000 - 30) * 60_000
const at = (second: number) => new Date(begin + second * 1000).toISOString()

/** Five minutes east at 10 m/s, and a stop of five. */
function aDrive(): object[] {
  return Array.from({ length: 61 }, (_, index) => {
    const longitude = 10 + Math.min(index, 30) * 0.0009
    const reading = { ...readingJson('DRIVEN', at(index * 10)), latitude: 0, longitude }
    return { ...reading, speed: index < 30 ? 10 : 0, sequence: index + 1 }
  })
}

/** Around blocks at 10 m/s, a reading in ten seconds. */
function aRound(): object[] {
  return Array.from({ length: 61 }, (_, index) => {
    const corner = index % 16
    const longitude = 10.01 + Math.min(corner % 8, 8 - (corner % 8)) * 0.0009
    const latitude = 0.01 + (corner < 8 ? 0 : 0.0009)
    const reading = { ...readingJson('ROUND', at(index * 10)), latitude, longitude }
    return { ...reading, speed: 10, sequence: index + 1 }
  })
}

describe('the history on the page of the dashboard', function () {
  this.timeout(30_000)
  let browser: Browser
  let tenant: Tenant
  let page: Page

  before(async function () {
    this.timeout(90_000)
    const executable = chromiumOrSkip(this)
    tenant = await Tenant.create(await sharedServers())
    tenant.spawn('dashboard')
    ;[browser] = await Promise.all([launchChromium(executable), tenant.startProducer()])
    await tenant.startConsumer()
    const readings = [...aDrive(), ...aRound()]
    await postJson(tenant, readings)
    await untilCount('they are stored', () => tenant.countRows(), readings.length)
    await until('it listens', async () => (await fetch(`${tenant.dashboardUrl}/api/settings`)).ok)
    const here = { locale: 'en-US', timezoneId: 'UTC' }
    page = (await openPage(browser, { viewport: { width: 800, height: 500 }, ...here })).page
    page.setDefaultTimeout(10_000)
    await page.goto(`${tenant.dashboardUrl}/#/history`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
  })

  after(async () => {
    // Not there where the set-up has skipped or failed.
    await (browser as Browser | undefined)?.close()
    await (tenant as Tenant | undefined)?.[Symbol.asyncDispose]()
  })

  const field = (name: string): Locator => page.getByLabel(name, { exact: true })
  const shown = () => Promise.all(['Day', 'From', 'To'].map((name) => field(name).inputValue()))
  /** Of the span in the URL, which follows. */
  const hours = () =>
    page.evaluate<number>(`(() => {
      const fields = new URLSearchParams(location.hash.split('?')[1])
      return (Date.parse(fields.get('to')) - Date.parse(fields.get('from'))) / 3_600_000
    })()`)

  it('takes a day only when its year has been typed', async () => {
    const asked: string[] = []
    const note = (request: Request) => asked.push(request.url())
    page.on('request', note)
    const day = field('Day')
    await day.focus()
    await page.keyboard.type('07042025')
    expect(await day.inputValue()).to.equal('2025-07-04')
    await until('the URL says so', () =>
      page.evaluate<boolean>(`/from=2025-07-04T/.test(location.hash)`),
    )
    expect(asked.filter((url) => url.includes('from=0'))).to.deep.equal([])
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Backspace')
    await page.locator('#search').focus()
    expect(await day.inputValue()).to.equal('2025-07-04')
    page.off('request', note)
  })

  it('takes a time as it is typed, and none that is not whole', async () => {
    await field('Day').fill('2025-07-04')
    await field('From').fill('09:05')
    await field('To').fill('10:05')
    await field('From').focus()
    await page.keyboard.type('1030')
    expect(await shown()).to.deep.equal(['2025-07-04', '10:30', '10:05'])
    await until('it goes on beyond midnight', async () => (await hours()) === 24 - 25 / 60)
    for (const name of ['From', 'To']) {
      await field(name).focus()
      await page.keyboard.press('Backspace')
      expect(await field(name).inputValue()).to.equal('')
      await page.locator('#search').focus()
      expect(await shown()).to.deep.equal(['2025-07-04', '10:30', '10:05'])
    }
  })

  it('takes another day of a span that ends when it began', async () => {
    await page.getByRole('button', { name: 'Last 24 h' }).click()
    await until('it is chosen', async () => (await hours()) === 24)
    const [, from, to] = await shown()
    expect(from).to.equal(to)
    await field('Day').fill('2025-07-02')
    await until('the URL says so', () =>
      page.evaluate<boolean>(`/from=2025-07-02T/.test(location.hash)`),
    )
    expect([await hours(), await shown()]).to.deep.equal([24, ['2025-07-02', from, to]])
  })

  it('keeps in the URL which moment was chosen, by a trip, a stop or the chart', async () => {
    const second = async () => {
      const hash = await page.evaluate<string>(`location.hash`)
      return (Date.parse(/time=([^&]+)/.exec(hash)?.[1] ?? '') - begin) / 1000
    }
    const becomes = (least: number, most = least) =>
      until(`it is ${least} to ${most} s`, async () => {
        const found = await second()
        return found >= least && found <= most
      })
    await page.evaluate(`location.hash = '/history?vin=DRIVEN&from=${at(-60)}&to=${at(900)}'`)
    await page.locator('.trip.stop').click()
    await becomes(300)
    await page.locator('.trip:not(.stop)').click()
    await becomes(0)
    const chart = page.locator('.speed-chart .u-over')
    const { width, height } = (await chart.boundingBox())!
    await chart.click({ position: { x: width / 2, y: height / 2 } })
    await becomes(290, 310)
  })

  it('lets vehicles drive on in a day of the fleet, of which only some readings are there', async () => {
    const day = `from=${at(-40_000)}&to=${at(46_400)}`
    const moments = [100, 125, 200, 320, 590]
    for (const moment of moments) {
      await page.goto('about:blank')
      await page.goto(`${tenant.dashboardUrl}/#/history?${day}&time=${at(moment)}`)
      await page.locator('.playback-status').getByText('2 vehicles').waitFor()
      await page.locator('#list [data-vin="ROUND"][data-state="moving"]').waitFor()
    }
  })

  it('shows whole days and times on a phone, and how fast it plays beside the moment', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    const cut = await page.evaluate<string[]>(`(() => {
      const needs = (field) => {
        field.style.width = 'max-content'
        const { width } = field.getBoundingClientRect()
        field.style.width = ''
        return width
      }
      return [...document.querySelectorAll('.span-fields input')]
        .filter((field) => field.getBoundingClientRect().width < needs(field))
        .map((field) => field.ariaLabel)
    })()`)
    expect(cut).to.deep.equal([])
    const [play, rate] = await Promise.all(
      ['.play', '.rate'].map((one) => page.locator(one).boundingBox()),
    )
    expect(rate!.y).to.be.lessThan(play!.y + play!.height)
  })
})
