import { collectDefaultMetrics, Registry } from 'prom-client'

/** Milliseconds between two looks at how late the event loop is: each wakes an idle process. */
const eventLoopSampleMs = 100

/** A registry of metrics for one service, with the process's own (memory, CPU, event loop). */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopSampleMs })
  return registry
}
