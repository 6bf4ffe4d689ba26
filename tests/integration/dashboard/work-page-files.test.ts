import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../scripts/documents/chromium.ts'
import { accessibilityFaults, chromiumOrSkip, openPage } from '../../support/browser.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

/** A folder for pictures of the page, e.g. to look at them after a change of the style. */
const pictures = process.env['PICTURES']
const content = 'id,name,price\n1,Ann,1\nx,Bob,2\n'

describe('Files on the page Work', function () {
  this.timeout(120_000)
  let files: FileTenant
  let browser: Browser
  let page: Page
  let faults: readonly string[]

  before(async function () {
    const executable = chromiumOrSkip(this)
    files = await FileTenant.create()
    files.tenant.spawn('dashboard')
    browser = await launchChromium(executable)
    await until('the dashboard listens', async () => (await fetch(files.tenant.dashboardUrl)).ok)
    ;({ page, faults } = await openPage(browser))
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (browser as Browser | undefined)?.close()
    await (files as FileTenant | undefined)?.[Symbol.asyncDispose]()
  })

  const work = () => page.locator('#work')
  const row = (name: string) => work().locator('[data-file]', { hasText: name })
  const open = (name: string) => row(name).getByRole('button').first()
  const inState = (name: string, state: string) =>
    row(name)
      .and(page.locator(`[data-state="${state}"]`))
      .waitFor()
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }
  const pause = (paused: boolean) =>
    files.tenant.sql(
      `UPDATE pipeline SET paused = $1, pause_reason = CASE WHEN $1 THEN 'test' END`,
      [paused],
    )
  /** Drops a file on a pipeline, as a browser does. */
  const drop = async (name: string, text: string) => {
    const transfer = await page.evaluateHandle(
      `(() => { const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
        return transfer })()`,
    )
    await work().locator('[data-inbox="orders"]').dispatchEvent('drop', { dataTransfer: transfer })
  }

  it('says how to declare a pipeline of files, and how to drop the first file', async () => {
    await page.goto(`${files.tenant.dashboardUrl}/#/work`)
    await work().getByText('No pipeline loads files.').waitFor()
    files.declare('orders', orders())
    await files.startWorker()
    await work().getByText('No file has been dropped yet.').waitFor()
    await work().getByText('*.csv · 01_inbox').waitFor()
    await picture('files-empty')
  })

  it('uploads files that are dropped on a pipeline, and says why one is refused', async () => {
    await drop('first.csv', content)
    await work().getByText('In the inbox, 30 B.').waitFor()
    await inState('first.csv', 'complete')
    await row('first.csv')
      .getByText(/1 row · 1 rejected · 30 B$/)
      .waitFor()
    await drop('notes.txt', 'x')
    await work().getByText('The pipeline orders does not match "notes.txt"').waitFor()
    await work()
      .getByLabel('Files for orders', { exact: true })
      .setInputFiles([{ name: 'chosen.csv', mimeType: 'text/csv', buffer: Buffer.from('a;b\n') }])
    await row('chosen.csv').getByText('bad-file: The header has no field').waitFor()
  })

  it('shows files that no pipeline loads with the reason', async () => {
    files.drop(`${'a long name '.repeat(12)}.txt`, 'x')
    await row('a long name').getByText('No pipeline matches its name or its type.').waitFor()
    await inState('a long name', 'unmatched')
    await picture('files')
    expect(await accessibilityFaults(page)).to.deep.equal([])
  })

  it('shows a file with its error log and its task, and loads a failed one again', async () => {
    await open('first.csv').click()
    await row('first.csv').getByText('01_inbox/first.csv → 03_archive/first.csv').waitFor()
    const loading = page.waitForEvent('download')
    await row('first.csv').getByText('Download error log').click()
    expect((await loading).suggestedFilename()).to.equal('first.csv.error_log')
    await open('chosen.csv').click()
    await picture('files-open')
    expect(await accessibilityFaults(page)).to.deep.equal([])
    // The page shows that the file is queued until its state changes, so the file must not fail at once.
    await pause(true)
    await row('chosen.csv')
      .getByRole('button', { name: /^Retry file/ })
      .click()
    await row('chosen.csv').getByText('Queued again.').waitFor()
    await pause(false)
    await inState('chosen.csv', 'failed')
    await row('chosen.csv').getByText('Queued again.').waitFor({ state: 'hidden' })
    await row('chosen.csv')
      .getByRole('link', { name: /^Task \d+/ })
      .click()
    await page.waitForURL(/#\/work\?task=\d+$/)
  })

  it('shows the progress in lines and bytes, and cancels a file', async () => {
    await pause(true)
    await drop('large.csv', content)
    await inState('large.csv', 'queued')
    await files.tenant.sql(
      `UPDATE task SET state = 'running', worker = 1, attempt = 1, progress = 0.4,
         lease_until = now() + interval '60 s', started_at = now() WHERE state = 'queued'`,
    )
    await files.tenant.sql(
      `UPDATE file SET lines = 12000, size = 1000000 WHERE key LIKE '%large.csv'`,
    )
    await row('large.csv').getByText('12,000 lines · 400 kB of 1 MB · 40 %').waitFor()
    await open('large.csv').click()
    await picture('files-running')
    await row('large.csv')
      .getByRole('button', { name: /^Cancel file/ })
      .click()
    await inState('large.csv', 'canceling')
    await page.setViewportSize({ width: 390, height: 780 })
    await row('large.csv').scrollIntoViewIfNeeded()
    await picture('files-phone')
    // The browser reports the refused upload, too.
    expect(faults.filter((fault) => !fault.includes('422'))).to.deep.equal([])
  })
})
