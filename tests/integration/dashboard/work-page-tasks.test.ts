import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { accessibilityFaults, openPage } from '../../support/browser.ts'
import type { DashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { startDashboardInBrowser } from '../../support/dashboard-in-browser.ts'
import { declareTasks } from '../../support/task-rows.ts'
import type { Tenant } from '../../support/tenant.ts'

/** A folder for pictures of the page, e.g. to look at them after a change of the style. */
const pictures = process.env['PICTURES']

describe('Tasks and workers on the page Work', function () {
  this.timeout(120_000)
  let dashboard: DashboardInBrowser
  let browser: Browser
  let tenant: Tenant
  let page: Page
  let faults: readonly string[]

  before(async function () {
    dashboard = await startDashboardInBrowser(this)
    ;({ browser, tenant } = dashboard)
    ;({ page, faults } = await openPage(browser))
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (dashboard as DashboardInBrowser | undefined)?.[Symbol.asyncDispose]()
  })

  const work = () => page.locator('#work')
  const row = (id: number) => work().locator(`[data-task="${id}"]`)
  const inState = (id: number, state: string) =>
    row(id)
      .and(page.locator(`[data-state="${state}"]`))
      .waitFor()
  const open = (id: number) => row(id).getByRole('button').first()
  const worker = (id: number) => work().locator(`[data-worker="${id}"]`)
  const chip = (state: string) => work().getByRole('button', { name: new RegExp(`^${state}`) })
  const shownIds = () =>
    page.evaluate(`[...document.querySelectorAll('[data-task]')].map((row) => +row.dataset.task)`)
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")')
  const picture = async (name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }
  const make = async (pipeline: string, method: string, params = '{}') => {
    const [made] = await tenant.sql<{ id: number }>(
      `INSERT INTO task (pipeline, unit, method, params)
       SELECT $1, 'api:' || count(*), $2, $3 FROM task RETURNING id`,
      [pipeline, method, params],
    )
    return made!.id
  }
  const run = (id: number, progress: number) =>
    tenant.sql(
      `UPDATE task SET state = 'running', worker = 1, attempt = attempt + 1, progress = $2,
         lease_until = now() + interval '10 s', started_at = now() - interval '75 s' WHERE id = $1`,
      [id, progress],
    )
  const end = (id: number, state: 'complete' | 'failed' | 'canceled') =>
    tenant.sql(
      `UPDATE task SET state = $2, lease_until = NULL, ended_at = now(),
         rows = CASE $2 WHEN 'complete' THEN 1204 END, code = CASE $2 WHEN 'failed' THEN 'threw' END,
         detail = CASE $2 WHEN 'failed' THEN 'No such country: "Atlantis".' END
       WHERE id = $1`,
      [id, state],
    )

  it('says how to make a task while there is none, and that no worker was started', async () => {
    await page.goto(`${tenant.dashboardUrl}/#/work`)
    await work().getByText('No task has been made yet.').waitFor()
    await work().getByText("npm run job -- NAME --params '{}'").waitFor()
    await work().getByText('No worker has been started yet.').waitFor()
    expect(await accessibilityFaults(page)).to.deep.equal([])
  })

  it('shows tasks with their state and progress, the newest first, and pipelines with their tasks', async () => {
    await declareTasks(tenant, 'job', { kind: 'run-by', method: 'method', params: 'params' })
    await declareTasks(tenant, 'daily', { kind: 'run', handler: 'fleet_daily_summary' })
    await tenant.sql(
      `INSERT INTO worker (name, ip, host, pid) VALUES ('worker-0', '10.0.0.7', 'farm', 17)`,
    )
    for (const method of ['ingest_covid_data', 'ingest_covid_data', 'ingest_csv']) {
      await make('job', method, '{"country":"AT","days":7}')
    }
    await make('daily', 'fleet_daily_summary', '{"day":"2026-01-30"}')
    await run(2, 0.4)
    await run(1, 0.9)
    await end(1, 'failed')
    await inState(2, 'running')
    await inState(1, 'failed')
    expect(await shownIds()).to.deep.equal([4, 3, 2, 1])
    await row(2).getByText('40 %').waitFor()
    await row(2)
      .getByText(/^running for 1 min \d+ s · on worker-0$/)
      .waitFor()
    const fault = 'threw: No such country: "Atlantis".'
    await row(1).getByText(fault, { exact: true }).waitFor()
    await tenant.sql(
      `UPDATE task SET code = 'threw', detail = 'No such country: "Atlantis".' WHERE id = 2`,
    )
    await row(2).getByText(`The previous attempt failed. ${fault}`, { exact: true }).waitFor()
    const pipeline = work().locator('[data-pipeline="job"]')
    await pipeline.getByText('API → the handler that it names').waitFor()
    const failed = pipeline.locator('.work-figures div', { hasText: 'Failed' }).locator('dd')
    await failed.getByText('1', { exact: true }).waitFor()
    await run(2, 0.55)
    await row(2).getByText('55 %').waitFor()
    expect(faults).to.deep.equal([])
  })

  it('shows workers and what they do now, and a lost one as lost', async () => {
    await tenant.sql(
      `INSERT INTO worker (name, ip, host, pid, last_seen_at)
       VALUES ('worker-1', '10.0.0.8', 'barn', 18, now() - interval '60 s')`,
    )
    await worker(1).getByText('working', { exact: true }).waitFor()
    await worker(1).getByText('Runs ingest_covid_data (task 2).').waitFor()
    await worker(1).getByText('farm (10.0.0.7)').waitFor()
    await worker(2).getByText('lost', { exact: true }).waitFor()
    await worker(2).getByText('It has not reported in time.').waitFor()
    await tenant.sql('UPDATE worker SET last_seen_at = now() WHERE id = 2')
    await worker(2).getByText('idle', { exact: true }).waitFor()
    await tenant.sql(`UPDATE worker SET last_seen_at = now() + interval '1 h' WHERE id = 1`)
    await tenant.sql(`UPDATE worker SET last_seen_at = now() - interval '1 min' WHERE id = 2`)
  })

  it('filters by pipeline and state, and keeps the filter in the URL', async () => {
    await chip('failed').click()
    await row(2).waitFor({ state: 'detached' })
    expect(await shownIds()).to.deep.equal([1])
    await page.waitForURL('**/#/work?state=failed')
    expect(await chip('failed').getAttribute('aria-pressed')).to.equal('true')
    await work().getByLabel('Pipeline of the tasks').selectOption('daily')
    await work().getByText('No task matches the filter.').waitFor()
    await chip('failed').click()
    await row(4).waitFor()
    expect(await shownIds()).to.deep.equal([4])
    await page.waitForURL('**/#/work?pipeline=daily')
    await page.reload()
    await row(4).waitFor()
    expect(await shownIds()).to.deep.equal([4])
    await work().getByLabel('Pipeline of the tasks').selectOption('All pipelines')
    await row(1).waitFor()
  })

  it('opens a task by keyboard: facts, parameters, fault and log lines, live', async () => {
    await tenant.sql(
      `INSERT INTO task_log (task, lines) VALUES (1, E'info reading AT\\nerror no such country')`,
    )
    await open(1).focus()
    await page.keyboard.press('Enter')
    const body = row(1).locator('.task-body')
    await body.getByText('"country": "AT"').waitFor()
    await body.getByText('error no such country').waitFor()
    await body.getByRole('region', { name: 'Fault' }).getByText('threw: No such').waitFor()
    expect(await open(1).getAttribute('aria-expanded')).to.equal('true')
    await page.waitForURL('**/#/work?task=1')
    await tenant.sql(`UPDATE task_log SET lines = E'info reading AT\\nand more'`)
    await body.getByText('and more').waitFor()
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('task-failed')
  })

  it('retries a failed task and cancels a waiting one by keyboard, says so, and keeps the focus', async () => {
    const body = row(1).locator('.task-body')
    await body.getByRole('button', { name: 'Retry task 1' }).focus()
    await page.keyboard.press('Enter')
    await body.getByRole('status').getByText('Queued again.').waitFor()
    await inState(1, 'queued')
    expect(await focused()).to.equal('Cancel task 1')
    await page.keyboard.press('Enter')
    await body.getByRole('status').getByText('Canceled.').waitFor()
    await inState(1, 'canceled')
    expect(await focused()).to.equal('Retry task 1')
  })

  it('asks the worker of a running task to stop, and shows that it is canceling', async () => {
    await open(2).click()
    const body = row(2).locator('.task-body')
    await body.getByRole('button', { name: 'Cancel task 2' }).click()
    await body.getByText('Its handler is asked to stop.').waitFor()
    await inState(2, 'canceling')
    const button = body.getByRole('button', { name: 'Cancel task 2' })
    expect(await button.getAttribute('aria-disabled')).to.equal('true')
    await end(2, 'canceled')
    await inState(2, 'canceled')
    expect(await row(1).locator('.task-body').count()).to.equal(0)
  })

  it('shows a linked task that is not on the first page, and closes it', async () => {
    await tenant.sql(
      `INSERT INTO task (pipeline, unit, method, params)
       SELECT 'job', 'run:' || number, 'ingest_csv', '{}' FROM generate_series(1, 30) AS number`,
    )
    await page.goto('about:blank')
    await page.goto(`${tenant.dashboardUrl}/#/work?task=3`)
    await row(3).locator('.task-body').getByText('api:2').waitFor()
    await row(34).waitFor()
    expect(await shownIds()).to.include.ordered.members([3, 34, 33])
    expect(await row(4).count()).to.equal(0)
    await work().getByRole('button', { name: 'Show more' }).click()
    await row(4).waitFor()
    expect(((await shownIds()) as number[]).slice(-5)).to.deep.equal([5, 4, 3, 2, 1])
    await open(3).click()
    await row(3).locator('.task-body').waitFor({ state: 'detached' })
  })

  it('shows why a change failed, and lets the user try again', async () => {
    const right = 'UPDATE (cancel_requested_at) ON task'
    await tenant.sql(`REVOKE ${right} FROM telemetry_operator`)
    await open(4).click()
    const body = row(4).locator('.task-body')
    await body.getByRole('button', { name: 'Cancel task 4' }).click()
    await body.getByText('The change failed: The database cannot be reached').waitFor()
    await tenant.sql(`GRANT ${right} TO telemetry_operator`)
    await body.getByRole('button', { name: 'Cancel task 4' }).click()
    await inState(4, 'canceled')
    await open(4).click()
  })

  it('fits a phone, and is readable in dark mode', async () => {
    await tenant.sql(`DELETE FROM task WHERE unit LIKE 'run:%'`)
    const long = await make('job', 'a-handler-with-a-long-name-that-has-no-space-at-all-in-it')
    await make('job', 'ingest_csv')
    await run(long, 0.7)
    await make('job', 'ingest_csv')
    await end(3, 'complete')
    for (const id of [5, 6]) await row(id + 30).waitFor()
    await inState(long, 'running')
    await picture('light')
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await picture('dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 360, height: 740 })
    await open(long).click()
    await row(long).locator('.task-body').waitFor()
    const overflow = await page.evaluate(`[...document.querySelectorAll('#work, #work *')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => element.className)`)
    expect(overflow).to.deep.equal([])
    expect(await accessibilityFaults(page)).to.deep.equal([])
    await row(long).scrollIntoViewIfNeeded()
    await picture('phone')
    await work().locator('[data-worker]').last().scrollIntoViewIfNeeded()
    await picture('phone-workers')
    expect(faults.filter((fault) => !fault.includes('503'))).to.deep.equal([])
  })
})
