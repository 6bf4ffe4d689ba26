import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { captureLog } from '../../support/captured-log.ts'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

/** A folder for pictures of the page, e.g. to look at them after a change of the style. */
const pictures = process.env['PICTURES']

describe('The page Work', function () {
  this.timeout(120_000)
  const folder = new TemporaryFolder()
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page
  let faults: readonly string[]
  let topic: string

  before(async function () {
    dashboard = await startDashboardInBrowser(this, [`worker.folder=${folder.path}`])
    ;({ browser, tenant } = dashboard)
    topic = `${tenant.config.kafka.topic}-data`
    ;({ page, faults } = await openPage(browser))
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const log = captureLog()
  const work = () => page.locator('#work')
  const row = () => page.locator('[data-pipeline="classifieds"]')
  const inState = (state: string) =>
    row()
      .and(page.locator(`[data-state="${state}"]`))
      .waitFor()
  const figure = (name: string) =>
    row().locator('.work-figures div', { hasText: name }).locator('dd')
  const button = (name: string) => row().getByRole('button', { name: `${name} classifieds` })
  const focused = () => page.evaluate('document.activeElement.textContent')
  const send = (values: readonly object[]) =>
    tenant
      .changesOf(topic)
      .produce(
        values.map((value) => ({ key: String(Math.random()), value: JSON.stringify(value) })),
      )
  const stops = () => log.lines.filter(({ event }) => event === 'pipeline-stopped').length
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }

  it('explains how to declare a pipeline while there is none', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/live`)
    await page.locator('.pulse[data-kind="live"]').waitFor()
    await page.keyboard.press('4')
    await work().getByRole('heading', { name: 'No pipeline is declared' }).waitFor()
    await work().getByText('npm start -- --set worker.folder=my-pipelines').waitFor()
    await work().getByText('No worker answers, so no pipeline runs.').waitFor()
    expect(new URL(page.url()).hash).to.equal('#/work')
    expect(await page.locator('.modes [aria-current]').textContent()).to.equal('Work')
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('empty')
  })

  it('shows a pipeline with its state, its way, its figures and its latest dead letter', async () => {
    writeDeclaration(folder.path, 'classifieds', classifieds(topic))
    await tenant.startWorker(log.logger)
    await inState('running')
    await row().getByText(`topic ${topic} → table classifieds`).waitFor()
    await until('the worker has created the topic', () =>
      log.lines.some(({ event }) => event === 'topic-created'),
    )
    const good = { id: 'a', created_at: '2020-04-08T18:07:32Z' }
    await send([good, good, { created_at: '2020-04-08T18:07:32Z' }])
    await figure('Dead letters').getByText('1 (1 open)', { exact: true }).waitFor()
    await row().getByText('missing-field').waitFor()
    await row().getByText('npm run dead-letters -- list --pipeline classifieds').waitFor()
    // The records may be settled in several transactions.
    await figure('Stored').getByText('1', { exact: true }).waitFor()
    await figure('Duplicates').getByText('1', { exact: true }).waitFor()
    await figure('Lag').getByText('0', { exact: true }).waitFor()
    await figure('Rate')
      .getByText(/^\d.*\/s$/)
      .waitFor()
    await work().locator('.work-notice').waitFor({ state: 'detached' })
    expect(await work().getByText('No pipeline is declared').isVisible()).to.equal(false)
    await picture('running')
  })

  it('pauses and resumes by keyboard, says so, and keeps the focus', async () => {
    const before = stops()
    await button('Pause').focus()
    await page.keyboard.press('Enter')
    await row().getByRole('status').getByText('Paused. Its records wait in Kafka').waitFor()
    await inState('paused')
    await row().getByText('Paused on the dashboard.').waitFor()
    await until('the worker has stopped the pipeline', () => stops() > before)
    expect(await focused()).to.equal('Resume')
    await send([{ id: 'c', created_at: '2020-04-08T18:07:32Z' }])
    await figure('Lag').getByText('1', { exact: true }).waitFor()
    await picture('paused')
    await page.keyboard.press('Enter')
    await row().getByRole('status').getByText('Resumed. It continues where').waitFor()
    await inState('running')
    await figure('Stored').getByText('2', { exact: true }).waitFor()
    expect(await focused()).to.equal('Pause')
    expect(await accessibilityFaults(page)).to.deep.equal([])
    expect(faults).to.deep.equal([])
  })

  it('shows why a change failed, and lets the user try again', async () => {
    const right = 'UPDATE (paused, pause_reason) ON pipeline'
    await tenant.sql(`REVOKE ${right} FROM telemetry_operator`)
    await button('Pause').click()
    await row().getByText('The change failed: The database cannot be reached').waitFor()
    expect(await row().getAttribute('data-state')).to.equal('running')
    await tenant.sql(`GRANT ${right} TO telemetry_operator`)
    await button('Pause').click()
    await inState('paused')
    expect(await row().getByText('The change failed').count()).to.equal(0)
  })

  it('shows what to do instead of a button if a decision is needed', async () => {
    const reason =
      'The topic has a new log. Run: npm run pipeline -- resume classifieds --from earliest|latest'
    await tenant.sql('UPDATE pipeline SET pause_reason = $1, needs_decision = true', [reason])
    await row().getByText(reason).waitFor()
    expect(await row().getByRole('button').count()).to.equal(0)
  })

  it('shows the fault of the latest version of a file', async () => {
    await tenant.sql(
      'UPDATE pipeline SET paused = false, pause_reason = NULL, needs_decision = false',
    )
    await inState('running')
    const wrong = classifieds(topic).replace('"timestamp"', '"time"')
    writeDeclaration(folder.path, 'classifieds', wrong)
    await row().getByText('The latest version of its file is refused.').waitFor()
    await row()
      .getByText(/line 7, column \d+: /)
      .waitFor()
    await picture('refused')
  })

  it('fits a phone', async () => {
    await tenant.sql(
      `INSERT INTO pipeline (name, file, enabled, seen_at)
       VALUES ('a-pipeline-with-a-name-of-sixty-three-letters-which-is-the-limit', '/a.toml', false, now()),
              ('orders', '/orders.toml', true, now() - interval '1 hour')`,
    )
    await page.setViewportSize({ width: 360, height: 740 })
    await page.locator('[data-pipeline="orders"]').waitFor()
    const overflow = await page.evaluate(`[...document.querySelectorAll('.top, #work, #work *')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => element.className)`)
    expect(overflow).to.deep.equal([])
    const right = await page.evaluate(
      `Math.max(...[...document.querySelectorAll('.top *, #work *')].map((element) => element.getBoundingClientRect().right))`,
    )
    expect(right).to.be.at.most(360)
    const name = await page.locator('h3', { hasText: 'sixty-three-letters' }).boundingBox()
    expect(name?.width).to.be.greaterThan(280)
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('phone')
    await page.setViewportSize({ width: 1280, height: 800 })
    await picture('several')
  })

  it('says that a public dashboard without a token changes nothing', async () => {
    const { database } = tenant.config.postgres
    await using other = await Tenant.create(
      await sharedServers(),
      [
        ...[`postgres.database=${database}`, `kafka.topic=${tenant.config.kafka.topic}`],
        'dashboard.public=true',
      ],
      { provision: false },
    )
    other.spawn('dashboard')
    await until('the dashboard listens', async () => {
      return (await fetch(`${other.dashboardUrl}/api/settings`)).ok
    })
    await tenant.sql(`UPDATE pipeline SET paused = true, pause_reason = 'x'`)
    await page.goto(`${other.dashboardUrl}/#/work`)
    await work().getByText('Pipelines cannot be paused or resumed here').waitFor()
    await row().waitFor()
    expect(await row().getByRole('button').count()).to.equal(0)
    await picture('public')
  })

  it('says that the figures are out of date while the database refuses connections', async () => {
    await page.goto('about:blank')
    await page.goto(`${tenant.dashboardUrl}/#/work`)
    await row().waitFor()
    const { database } = tenant.config.postgres
    await tenant.sql(`REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`)
    await tenant.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename <> current_user`,
      [database],
    )
    const alert = work().getByRole('alert')
    await alert.getByText('Pipelines cannot be read').waitFor()
    await alert.getByText('What is shown is out of date.').waitFor()
    await tenant.sql(`GRANT CONNECT ON DATABASE "${database}" TO PUBLIC`)
    await alert.waitFor({ state: 'hidden' })
    expect(await row().isVisible()).to.equal(true)
  })
})
