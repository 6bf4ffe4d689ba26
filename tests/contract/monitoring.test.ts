import { expect } from 'chai'
import { Histogram } from 'prom-client'
import type { Registry } from 'prom-client'
import { toConfig } from '../../infra/config/config.ts'
import { dockerPlacement, publishedPorts } from '../../infra/docker/placement.ts'
import { hostPort } from '../../infra/topology/host-ports.ts'
import type { ScrapeConfig } from '../support/monitoring.ts'
import { registries } from '../support/registries.ts'
import { oneOfEach } from './docker/drawn-platform.ts'
import {
  metricsIn,
  queriesOf,
  readAlerts,
  readDashboard,
  readScrapeConfigs,
} from '../support/monitoring.ts'

const roles = ['producer', 'consumer', 'dashboard'] as const

/** What Prometheus has by itself. */
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
  it('finds the metrics of an expression, and nothing else', () => {
    const expr = `histogram_quantile(0.99, sum by (le) (rate(a_bucket{of="b c"}[$__rate_interval]))) > 2 ^ 20
      or absent(d) and on () max(e offset 1h) unless f{g=~"h|i"} == bool 1`
    expect(metricsIn(expr)).to.deep.equal(['a_bucket', 'd', 'e', 'f'])
  })
})

describe('the alerts', () => {
  const alerts = readAlerts()

  it('have names of their own, how bad it is, what has happened and what to do', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(names).to.have.length(new Set(names).size)
    for (const { alert, labels, annotations } of alerts) {
      expect(['critical', 'warning'], alert).to.include(labels['severity'])
      expect(Object.keys(annotations), alert).to.deep.equal(['summary', 'description'])
      for (const text of Object.values(annotations)) expect(text, alert).to.match(/\.$/)
    }
  })

  it('name metrics that our services have', () => {
    for (const { alert, expr } of alerts) {
      expect(metricsIn(expr), alert).to.not.be.empty
      expect(unknownIn(expr), alert).to.deep.equal([])
    }
  })

  it('tell of much memory before Docker ends the service for it', async () => {
    const { config, container } = await oneOfEach()
    const megabytes = (role: string): number => container(`${role}-0`).inputs.memory ?? NaN
    const { expr = '' } = alerts.find(({ alert }) => alert === 'MemoryNearLimit') ?? {}
    const besidePending = megabytes('producer') - 2 * config.producer.maxPendingMegabytes
    expect(expr).to.include(`(${besidePending} * 2 ^ 20 + 2 * telemetry_pending_bytes_limit)`)
    for (const role of ['consumer', 'dashboard']) {
      expect(expr).to.include(`{job="${role}"} > 0.85 * ${megabytes(role)} * 2 ^ 20`)
    }
  })
})

describe('the dashboard for Grafana', () => {
  const dashboard = readDashboard()
  const { panels } = dashboard

  it('lets the reader choose the Prometheus, and asks no other', () => {
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

  it('has panels with numbers, titles and queries of their own, and says what they show', () => {
    for (const key of ['id', 'title'] as const) {
      expect(new Set(panels.map((panel) => panel[key])).size, key).to.equal(panels.length)
    }
    for (const { title, type, description, targets = [] } of panels) {
      if (type !== 'row') expect(description, title).to.match(/\.$/)
      const ids = targets.map(({ refId }) => refId)
      expect(new Set(ids).size, title).to.equal(ids.length)
    }
  })

  it('has no panel over another, or over the edge', () => {
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

  it('names metrics that our services have', () => {
    for (const { panel, expr } of queriesOf(dashboard)) {
      expect(metricsIn(expr), panel).to.not.be.empty
      expect(unknownIn(expr), panel).to.deep.equal([])
    }
  })
})

describe('the configuration of Prometheus', () => {
  const config = toConfig({}, [])

  /** The jobs of a file, by their names. */
  function jobsOf(file: string): Map<string, ScrapeConfig> {
    const jobs = readScrapeConfigs(file)
    expect(jobs.map(({ job_name }) => job_name)).to.deep.equal(roles)
    return new Map(jobs.map((job) => [job.job_name, job]))
  }

  it('asks where the default configuration has health and metrics, on both targets', () => {
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

  it('asks on the network of the containers for all that share a name', () => {
    const jobs = jobsOf('prometheus-docker.yml')
    const { reach } = dockerPlacement(config)
    for (const role of roles) {
      const [found] = jobs.get(role)?.dns_sd_configs ?? []
      expect(found).to.include({ type: 'A', port: reach(role, 0, 'ops').port })
      expect(found?.names).to.deep.equal([role])
    }
  })
})
