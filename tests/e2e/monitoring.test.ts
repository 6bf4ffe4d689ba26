import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { alertCases, toPromtoolTests } from '../support/alerts/alert-cases.ts'
import { postJson, readingJson } from '../support/http-client.ts'
import {
  monitoringFolder,
  queriesOf,
  readAlerts,
  readDashboard,
  scrapeConfigFor,
} from '../support/monitoring.ts'
import { findPrometheus, Prometheus } from '../support/prometheus.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

const programs = findPrometheus()
const notHere = programs === undefined ? ' (skipped: no prometheus and promtool here)' : ''
const rulesFile = join(monitoringFolder, 'alerts.yml')

/** Skips a test, or the whole suite, if Prometheus is not installed. */
function required(context: Mocha.Context): NonNullable<typeof programs> {
  return programs ?? context.skip()
}

describe(`the alert rules${notHere}`, function () {
  this.timeout(120_000)
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-alerts-'))
  })

  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('pass promtool check', function () {
    const { status, stderr } = spawnSync(required(this).promtool, ['check', 'rules', rulesFile])
    expect(status, stderr.toString()).to.equal(0)
  })

  it('fire for each series that requires an alert and for no other series', function () {
    const { promtool } = required(this)
    const tried = alertCases.map(({ alert }) => alert)
    expect(tried).to.deep.equal(readAlerts().map(({ alert }) => alert))
    const file = join(folder, 'cases.json')
    writeFileSync(file, toPromtoolTests(rulesFile, alertCases))
    const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file])
    expect(status, `${stdout.toString()}${stderr.toString()}`).to.equal(0)
  })
})

describe(`Prometheus with the platform as its target${notHere}`, function () {
  this.timeout(120_000)
  let home: PlatformHome
  let prometheus: Prometheus

  before(async function () {
    this.timeout(240_000)
    const found = required(this)
    home = await PlatformHome.create()
    const { producer, consumer, worker, dashboard } = home.config
    const ports = {
      '127.0.0.1:5301': `127.0.0.1:${producer.opsHostPort}`,
      '127.0.0.1:5401': `127.0.0.1:${consumer.opsHostPort}`,
      '127.0.0.1:5601': `127.0.0.1:${worker.opsHostPort}`,
      '127.0.0.1:5501': `127.0.0.1:${dashboard.opsHostPort}`,
    }
    const files = {
      'prometheus.yml': scrapeConfigFor(ports, 2),
      'alerts.yml': readFileSync(rulesFile, 'utf8'),
    }
    const [, started] = await Promise.all([
      home.start().waitForOutput('The platform is running.'),
      Prometheus.start(found, files),
    ])
    prometheus = started
  })

  after(async () => {
    // Undefined if before() was skipped or failed.
    await (prometheus as Prometheus | undefined)?.[Symbol.asyncDispose]()
    await (home as PlatformHome | undefined)?.[Symbol.asyncDispose]()
  })

  it('scrapes every service', async () => {
    await until('Prometheus scrapes all services', async () => {
      const targets = await prometheus.targets()
      const up = targets.filter(({ health }) => health === 'up').map(({ labels }) => labels.job)
      return up.sort().join() === 'consumer,dashboard,producer,worker'
    })
  })

  it('fires no alert for a healthy platform', async () => {
    let last = ''
    await until(
      () => `the account is checked and no alert fires, but: ${last}`,
      async () => {
        const checks = await prometheus.query('telemetry_account_imbalance == 0')
        const alerts = await prometheus.alerts()
        last = JSON.stringify({ checks, alerts })
        return checks.length === 2 && alerts.length === 0
      },
    )
  })

  it('evaluates every rule without an error', async () => {
    const alerts = readAlerts()
    for (const { expr } of alerts) await prometheus.query(expr)
    const rules = await prometheus.rules()
    const found = rules.map(({ name, health, lastError = '' }) => `${name}: ${health}${lastError}`)
    expect(found).to.deep.equal(alerts.map(({ alert }) => `${alert}: ok`))
  })

  /** Waits until the alert fires and returns it. */
  const fires = (name: string) =>
    until(`${name} fires`, async () => {
      const alerts = await prometheus.alerts()
      return alerts.find(({ labels, state }) => labels['alertname'] === name && state === 'firing')
    })

  it('fires alerts for a missing row and for a dead letter', async () => {
    const target = { url: `http://127.0.0.1:${home.config.ingress.hostPort}` }
    const reading = readingJson('MONITORED')
    // The second has the key of the first but other values; the third is refused.
    await postJson(target, [reading, { ...reading, speed: 1 }, { ...reading, speed: -1 }])
    await until('a row is deleted', () => home.deleteRow())
    await home.sql("update account_check set checked_at = checked_at - interval '61 minutes'")
    const { labels, annotations } = await fires('AccountUnbalanced')
    expect(labels).to.deep.equal({
      alertname: 'AccountUnbalanced',
      pipeline: 'readings',
      of: 'rows',
      severity: 'critical',
    })
    expect(annotations['summary']).to.equal(
      'The account of the pipeline readings is unbalanced by 1 (rows).',
    )
    await fires('DeadLettersRise')
  })

  it('returns values for every query of the Grafana dashboard', async () => {
    const queries = queriesOf(readDashboard()).map(({ panel, expr }) => {
      return { panel, expr: expr.replaceAll('$__rate_interval', '1m') }
    })
    expect(queries.length).to.be.greaterThan(30)
    // A pipeline without tasks has no figures.
    await home.sql(
      `INSERT INTO task (pipeline, unit, method, params, state, ended_at)
       VALUES ('vehicle_hour', 'api:canceled', 'vehicle_hour', '{}', 'canceled', now())`,
    )
    let silent: string[] = []
    await until(
      () => `all have figures, but:\n${silent.join('\n')}`,
      async () => {
        const answers = await Promise.all(
          queries.map(async ({ panel, expr }) => {
            const samples = await prometheus.query(expr)
            const figures = samples.filter(({ value: [, figure] }) => figure !== 'NaN')
            return figures.length > 0 ? [] : [`${panel}: ${expr}`]
          }),
        )
        silent = answers.flat()
        return silent.length === 0
      },
    )
  })

  it('shows received and stored readings', async () => {
    const figure = async (expr: string): Promise<number> =>
      Number((await prometheus.query(expr))[0]?.value[1])
    await until('ten readings per second are accepted', async () => {
      const accepted = await figure('sum(rate(telemetry_readings_accepted_total[10s]))')
      return accepted > 8 && accepted < 12
    })
    expect(await figure('telemetry_dashboard_vehicles')).to.be.at.least(10)
    expect(await figure('max(telemetry_dead_letters_open{reason="key-conflict"})')).to.equal(1)
  })
})
