import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { taskStates } from '../ledger/tasks/task.ts'
import { deadLetterCodes } from '../telemetry/reading/wire.ts'
import type { LiveFleet } from './live/live-fleet.ts'
import type { PlatformView } from './health/platform-monitor.ts'
import type { StreamHub } from './live/stream-hub.ts'

type MetricSources = {
  readonly fleet: Pick<LiveFleet, 'size'>
  readonly hub: Pick<StreamHub, 'connectionCount'>
  readonly view: () => Pick<PlatformView, 'services' | 'deadLetters' | 'work'>
}

/** The dashboard's metrics for Prometheus: its own, and those of the services that it checks. */
export function createDashboardMetrics(registry: Registry, { fleet, hub, view }: MetricSources) {
  addPlatformMetrics(registry, view)
  addWorkMetrics(registry, view)
  const registers = [registry]
  const records = new Counter({
    name: 'telemetry_dashboard_records_total',
    help: 'Records read from the topic for the live view.',
    registers,
  })
  new Gauge({
    name: 'telemetry_dashboard_vehicles',
    help: 'Vehicles in the live view.',
    registers,
    collect() {
      this.set(fleet.size)
    },
  })
  new Gauge({
    name: 'telemetry_dashboard_stream_readers',
    help: 'Browsers connected to the stream.',
    registers,
    collect() {
      this.set(hub.connectionCount)
    },
  })
  return {
    onRecords: (count: number): void => {
      records.inc(count)
    },
  }
}

/** A part of the view that could not be read has no samples. */
function addPlatformMetrics(registry: Registry, view: MetricSources['view']): void {
  const registers = [registry]
  new Gauge({
    name: 'telemetry_service_up',
    help: '1 if the named service answers the dashboard or accepts its connection, otherwise 0.',
    labelNames: ['name'],
    registers,
    collect() {
      this.reset()
      for (const { name, up } of view().services ?? []) this.set({ name }, up ? 1 : 0)
    },
  })
  new Gauge({
    name: 'telemetry_dead_letters_open',
    help: 'Dead letters that are neither redriven nor discarded, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      const { deadLetters } = view()
      if (deadLetters === undefined) return
      for (const reason of deadLetterCodes) this.set({ reason }, 0)
      for (const { reason, count } of deadLetters) this.set({ reason }, count)
    },
  })
}

/** Gauges without labels, and the figures of the view that they show. */
const workFigures = [
  ['telemetry_outbox_messages', 'Messages of tasks that are not sent yet.', 'messages'],
  [
    'telemetry_outbox_age_seconds',
    'Age of the oldest message of tasks that is not sent yet; 0 if there is none.',
    'ageSeconds',
  ],
  [
    'telemetry_messages_refused',
    'Messages of tasks that Kafka has refused for good.',
    'refusedMessages',
  ],
  [
    'telemetry_outputs_waiting',
    'Results of tasks that are not in the bucket yet.',
    'waitingOutputs',
  ],
  [
    'telemetry_outputs_age_seconds',
    'Age of the oldest result of a task that is not in the bucket yet; 0 if there is none.',
    'outputAgeSeconds',
  ],
  [
    'telemetry_file_status_age_seconds',
    'Age of the oldest change of a file that is not copied to ClickHouse yet; 0 if there is none.',
    'fileStatusAgeSeconds',
  ],
  ['telemetry_workers_running', 'Workers that report, on all machines.', 'runningWorkers'],
  [
    'telemetry_workers_lost',
    'Workers that stopped reporting within the last day without a shutdown.',
    'lostWorkers',
  ],
  ['telemetry_files_unmatched', 'Files of the inboxes that no pipeline loads.', 'unmatchedFiles'],
] as const

function addWorkMetrics(registry: Registry, view: MetricSources['view']): void {
  new Gauge({
    name: 'telemetry_tasks',
    help: 'Tasks that are kept, by pipeline and state.',
    labelNames: ['pipeline', 'state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const counts of view().work?.tasks ?? [])
        for (const state of taskStates)
          this.set({ pipeline: counts.pipeline, state }, counts[state])
    },
  })
  for (const [name, help, figure] of workFigures) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        const { work } = view()
        // A label-less gauge has the sample 0 after a reset.
        if (work === undefined) this.remove()
        else this.set(work[figure])
      },
    })
  }
}
