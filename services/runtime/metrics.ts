import { collectDefaultMetrics, Registry } from 'prom-client'

/** A registry of metrics for one service, with the process's own (memory, CPU, event loop). */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return registry
}
