import type { Registry } from 'prom-client'
import { Gauge } from 'prom-client'
import type { StoredPipeline } from '../../adapters/postgres/pipelines/pipeline-store.ts'

/** Shows as a metric which pipelines wait for the decision of a user. */
export class DecisionMetric {
  readonly #gauge: Gauge

  constructor(registry: Registry) {
    this.#gauge = new Gauge({
      name: 'telemetry_pipeline_needs_decision',
      help: '1 if the pipeline reads nothing until a user decides where it begins in another log of its topic. Every worker reports the same value: use the maximum, not the sum.',
      labelNames: ['pipeline'],
      registers: [registry],
    })
  }

  show(pipelines: readonly StoredPipeline[]): void {
    this.#gauge.reset()
    for (const { name: pipeline, needsDecision } of pipelines)
      this.#gauge.set({ pipeline }, needsDecision ? 1 : 0)
  }
}
