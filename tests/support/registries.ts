import { systemClock } from '../../services/runtime/clock.ts'
import type { Registry } from 'prom-client'
import { limitReport, serverLimits } from '../../services/adapters/http/limits/limit-report.ts'
import { opsApp } from '../../services/adapters/http/ops-app.ts'
import { reportRefusedHeaders } from '../../services/adapters/http/proxy/refused-headers.ts'
import { FailedTokens } from '../../services/adapters/http/tokens/failed-tokens.ts'
import { DayMetrics } from '../../services/consumer/day-metrics.ts'
import { DelayMetrics } from '../../services/consumer/delay-metrics.ts'
import { AccountMetrics } from '../../services/stream/account-metrics.ts'
import { StreamMetrics } from '../../services/stream/stream-metrics.ts'
import { createDashboardMetrics } from '../../services/dashboard/dashboard-metrics.ts'
import { CertificateMonitor } from '../../services/dashboard/health/certificate-monitor.ts'
import { createProducerMetrics } from '../../services/producer/producer-metrics.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { createRegistry } from '../../services/runtime/metrics.ts'
import { BucketHealth } from '../../services/worker/files/bucket-health.ts'
import { EndedTasks } from '../../services/worker/tasks/ended-tasks.ts'
import { DecisionMetric } from '../../services/worker/pipelines/decision-metric.ts'

const logger = createLogger('test', 'silent')

/** The metric registries of our services with all their metrics. */
export function registries(): Registry[] {
  const producer = createRegistry('producer')
  createProducerMetrics(producer, {
    memory: { usedBytes: 0, limitBytes: 0 },
    lagLimit: { lag: undefined },
    watch: { view: undefined },
  })
  limitReport(producer, ['unsent-bytes'], logger)
  reportRefusedHeaders(producer, logger)
  const consumer = createRegistry('consumer')
  new StreamMetrics(consumer)
  new DelayMetrics(consumer, systemClock)
  new DayMetrics(consumer)
  new AccountMetrics(consumer)
  const dashboard = createRegistry('dashboard')
  createDashboardMetrics(dashboard, {
    fleet: { size: 0 },
    hub: { connectionCount: 0 },
    view: () => ({ services: undefined, deadLetters: undefined, work: undefined }),
  })
  const address = { host: '127.0.0.1', port: 0 }
  new CertificateMonitor({ address, files: undefined }, dashboard)
  for (const registry of [producer, dashboard]) new FailedTokens({ registry, logger })
  limitReport(dashboard, serverLimits, logger)
  const worker = createRegistry('worker')
  new DecisionMetric(worker)
  new EndedTasks(worker)
  new BucketHealth(worker, 'etl')
  const all = [producer, consumer, worker, dashboard]
  for (const registry of all) opsApp({ registry, readiness: () => ({ ready: true }) })
  return all
}
