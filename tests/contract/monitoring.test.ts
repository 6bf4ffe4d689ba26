import { expect } from 'chai'
import { Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { toConfig } from '../../infra/config/config.ts'
import { dockerPlacement, publishedPorts } from '../../infra/docker/placement.ts'
import { hostPort } from '../../infra/topology/host-ports.ts'
import type { ScrapeConfig } from '../support/monitoring.ts'
import { registries } from '../support/registries.ts'
import { defaultPlatform } from './docker/declared-platform.ts'
import {
  metricsIn,
  queriesOf,
  readAlerts,
  readDashboard,
  readScrapeConfigs,
} from '../support/monitoring.ts'

const roles = ['producer', 'consumer', 'worker', 'dashboard'] as const

/** Metrics that Prometheus provides itself. */
const ofPrometheus = ['up', 'ALERTS']

function namesIn(registry: Registry): string[] {
  return registry.getMetricsAsArray().flatMap((metric) => {
    const { name } = metric
    const isHistogram = (metric as unknown) instanceof Histogram
    return isHistogram ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name]
  })
}

const known = new Set([...registries().flatMap(namesIn), ...ofPrometheus])
const unknownIn = (expr: string): string[] => metricsIn(expr).filter((name) => !known.has(name))

describe('metricsIn', () => {
  it('returns only the metric names of an expression', () => {
    const expr = `histogram_quantile(0.99, sum by (le) (rate(a_bucket{of="b c"}[$__rate_interval]))) > 2 ^ 20
      or absent(d) and on () max(e offset 1h) unless f{g=~"h|i"} == bool 1`
    expect(metricsIn(expr)).to.deep.equal(['a_bucket', 'd', 'e', 'f'])
  })
})

describe('Prometheus alerts', () => {
  const alerts = readAlerts()

  it('have unique names, a severity, a description and a remedy', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(names).to.have.length(new Set(names).size)
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning'], alert).to.include(labels['severity'])
      expect(Object.keys(annotations), alert).to.deep.equal(['summary', 'description'])
      for (const text of Object.values(annotations)) expect(text, alert).to.match(/\.$/)
    }
  })

  it('use only metrics that our services expose', () => {
    for (const { alert, expr } of alerts) {
      expect(metricsIn(expr), alert).to.not.be.empty
      expect(unknownIn(expr), alert).to.deep.equal([])
    }
  })

  it('report high memory use before Docker kills the service', async () => {
    const { config, container } = await defaultPlatform()
    const megabytes = (role: string): number => container(`${role}-0`).inputs.memory ?? NaN
    const { expr = '' } = alerts.find(({ alert }) => alert === 'MemoryNearLimit') ?? {}
    const besidePending = megabytes('producer') - 2 * config.producer.maxPendingMegabytes
    expect(expr).to.include(`(${besidePending} * 2 ^ 20 + 2 * telemetry_pending_bytes_limit)`)
    // The handler processes of a worker count for the container, but not for the metric.
    const handlers = config.worker.handlerProcesses * (config.worker.handlerMegabytes + 128)
    const own = { consumer: 0, worker: handlers, dashboard: 0 }
    for (const [role, beside] of Object.entries(own)) {
      expect(expr).to.include(`{job="${role}"} > 0.85 * ${megabytes(role) - beside} * 2 ^ 20`)
    }
  })
})

describe('Grafana dashboard', () => {
  const dashboard = readDashboard()
  const { panels } = dashboard

  it('queries only the Prometheus that the user selects', () => {
    const [variable, ...others] = dashboard.templating.list
    expect(others).to.deep.equal([])
    expect(variable).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    const chosen = { type: 'prometheus', uid: '${datasource}' }
    for (const { title, type, datasource, targets = [] } of panels) {
      if (type === 'row') continue
      expect(datasource, title).to.deep.equal(chosen)
      expect(targets, title).to.not.be.empty
      for (const target of targets) expect(target.datasource, title).to.deep.equal(chosen)
    }
  })

  it('has panels with unique ids, titles and queries, and a description', () => {
    for (const key of ['id', 'title'] as const) {
      expect(new Set(panels.map((panel) => panel[key])).size, key).to.equal(panels.length)
    }
    for (const { title, type, description, targets = [] } of panels) {
      if (type !== 'row') expect(description, title).to.match(/\.$/)
      const ids = targets.map(({ refId }) => refId)
      expect(new Set(ids).size, title).to.equal(ids.length)
    }
  })

  it('has no panel that overlaps another or exceeds the width', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos
      expect(x + w, title).to.be.at.most(24)
      for (let cell = 0; cell < w * h; cell += 1) {
        const place = `${x + (cell % w)},${y + Math.floor(cell / w)}`
        expect(taken.get(place), `${title} at ${place}`).to.equal(undefined)
        taken.set(place, title)
      }
    }
  })

  it('uses only metrics that our services expose', () => {
    for (const { panel, expr } of queriesOf(dashboard)) {
      expect(metricsIn(expr), panel).to.not.be.empty
      expect(unknownIn(expr), panel).to.deep.equal([])
    }
  })
})

describe('Prometheus configuration', () => {
  const config = toConfig({}, [])

  /** The scrape jobs of a file, by name. */
  function jobsOf(file: string): Map<string, ScrapeConfig> {
    const jobs = readScrapeConfigs(file)
    expect(jobs.map(({ job_name }) => job_name)).to.deep.equal(roles)
    return new Map(jobs.map((job) => [job.job_name, job]))
  }

  it('scrapes the default operations ports on both targets', () => {
    const jobs = jobsOf('prometheus.yml')
    for (const role of roles) {
      const service = { role, instance: 0 }
      const { host, port } = hostPort(config, service, 'ops')!
      const targets = [`${host}:${port}`]
      expect(jobs.get(role)?.static_configs).to.deep.equal([{ targets }])
      const published = publishedPorts(config, service).map(
        ({ ip, external }) => `${ip}:${external}`,
      )
      expect(published).to.include(targets[0])
    }
  })

  it('scrapes every container of a service by the shared DNS name', () => {
    const jobs = jobsOf('prometheus-docker.yml')
    const { reach } = dockerPlacement(config)
    for (const role of roles) {
      const [found] = jobs.get(role)?.dns_sd_configs ?? []
      expect(found).to.include({ type: 'A', port: reach(role, 0, 'ops').port })
      expect(found?.names).to.deep.equal([role])
    }
  })
})
