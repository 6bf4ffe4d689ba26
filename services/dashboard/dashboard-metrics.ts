import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { LiveFleet } from './live-fleet.ts'
import type { StreamHub } from './stream-hub.ts'

/** What the dashboard says of itself to Prometheus. */
export function createDashboardMetrics(
  registry: Registry,
  { fleet, hub }: { readonly fleet: LiveFleet; readonly hub: StreamHub },
) {
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
      this.set(hub.readers)
    },
  })
  return {
    onRecords: (count: number): void => {
      records.inc(count)
    },
  }
}
