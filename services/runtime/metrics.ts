import { collectDefaultMetrics, Registry } from 'prom-client'

/** How often the lag of the event loop is measured. Each measurement wakes an idle process. */
const eventLoopSampleMs = 100

/**
 * A metrics registry for one service, with the default metrics of the process (memory, CPU, event
 * loop).
 */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: eventLoopSampleMs })
  return registry
}
