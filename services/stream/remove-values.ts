import type { Counter, Gauge, Histogram } from 'prom-client'

/** Removes the values of metrics that have the label `pipeline` with this value. */
export async function removeValues(
  metrics: readonly (Counter | Gauge | Histogram)[],
  pipeline: string,
): Promise<void> {
  for (const metric of metrics) {
    const { values } = await metric.get()
    for (const { labels } of values) {
      if (labels['pipeline'] === pipeline) metric.remove(withoutBucket(labels))
    }
  }
}

/** The labels without `le`. prom-client adds it to the values of a histogram, and `remove` refuses it. */
function withoutBucket(labels: Readonly<Partial<Record<string, string | number>>>) {
  const { le: _, ...own } = labels
  return own as Record<string, string | number>
}
