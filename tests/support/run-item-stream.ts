import { Registry } from 'prom-client'
import { createLogger } from '../../services/runtime/logger.ts'
import type { ItemOptions, ItemPlace } from './item-stream.ts'
import { createItemStream } from './item-stream.ts'

/** Runs a stream of items in a child process, so that a test can kill it. */
const { place, options } = JSON.parse(process.env['ITEM_STREAM'] ?? '') as {
  place: ItemPlace
  options: ItemOptions
}
const registry = new Registry()
const stream = createItemStream(place, options, {
  registry,
  logger: createLogger('test', 'silent'),
  stop: new AbortController().signal,
})
await stream.start()
setInterval(() => {
  void registry
    .getSingleMetric('telemetry_lag_records')
    ?.get()
    .then(({ values }) => {
      const waiting = values.reduce((sum, { value }) => sum + value, 0)
      process.stdout.write(`${JSON.stringify({ waiting })}\n`)
    })
}, 50)
