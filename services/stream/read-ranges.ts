import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { LogRange } from '../ledger/ledger.ts'
import { LinkedAbort } from '../runtime/abort.ts'
import { sleep } from '../runtime/retry.ts'

type RangesSource = Pick<TopicAdmin, 'ranges'>

const kafkaTimeoutMs = 10_000

/**
 * The offset ranges of topics, in their order. A topic has none if Kafka does not respond in time, or
 * when the signal aborts.
 */
export async function readRanges(
  admins: readonly RangesSource[],
  signal: AbortSignal,
): Promise<LogRange[][]> {
  using timeoutAbort = new LinkedAbort(signal)
  const timedOut = sleep(kafkaTimeoutMs, timeoutAbort.signal).then((): LogRange[] => [])
  const ranges = await Promise.all(
    admins.map((admin) => Promise.race([admin.ranges().catch(() => []), timedOut])),
  )
  timeoutAbort.abort()
  return ranges
}
