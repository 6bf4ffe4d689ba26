import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { deadLetterCodes } from '../telemetry/reading/wire.ts'
import type { LiveFleet } from './live/live-fleet.ts'
import type { PlatformView } from './health/platform-monitor.ts'
import type { StreamHub } from './live/stream-hub.ts'

type MetricSources = {
  readonly fleet: Pick<LiveFleet, 'size'>
  readonly hub: Pick<StreamHub, 'connectionCount'>
  readonly view: () => Pick<PlatformView, 'services' | 'deadLetters'>
}

/** What the dashboard says to Prometheus: of itself, and of what it sees of the others. */
export function createDashboardMetrics(registry: Registry, { fleet, hub, view }: MetricSources) {
  addPlatformMetrics(registry, view)
  const registers = [registry]
  const records = new Counter({
    name: 'telemetry_dashboard_records_total',
    help: 'Records of the log that the live picture was made from.',
    registers,
  })
  new Gauge({
    name: 'telemetry_dashboard_vehicles',
    help: 'Vehicles that the live picture knows.',
    registers,
    collect() {
      this.set(fleet.size)
    },
  })
  new Gauge({
    name: 'telemetry_dashboard_stream_readers',
    help: 'Browsers on the stream.',
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

/** What could not be asked is left out. */
function addPlatformMetrics(registry: Registry, view: MetricSources['view']): void {
  const registers = [registry]
  new Gauge({
    name: 'telemetry_service_up',
    help: '1 where the named service answers the dashboard, or takes its connection; 0 where not.',
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
