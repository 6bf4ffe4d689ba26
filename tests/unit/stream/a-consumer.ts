import { Registry } from 'prom-client'
import type { ConsumedBatch, FeedSession } from '../../../services/adapters/kafka/consumed-batch.ts'
import type { BatchIntake, Delivery } from '../../../services/stream/storing/batch-intake.ts'
import { DirectIntake } from '../../../services/stream/storing/batch-intake.ts'
import { Outages } from '../../../services/stream/storing/outages.ts'
import { BatchStorer } from '../../../services/stream/storing/store-batch.ts'
import { StreamConsumer } from '../../../services/stream/stream-consumer.ts'
import { StreamMetrics } from '../../../services/stream/stream-metrics.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { emptyEntry } from '../../../services/ledger/ledger.ts'
import type { BatchStore, DecodedBatch, WriteOutcome } from '../../../services/ledger/batch.ts'
import { decodeReading } from '../../../services/telemetry/reading/decode-reading.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { aConsumedRecord } from '../../support/builders.ts'

/** A consumer with a store and a ledger in memory. */
export function aConsumer(ledgerAt: number, intake?: BatchIntake<ReceivedReading>) {
  const batches: DecodedBatch<ReceivedReading>[] = []
  const state = {
    ledgerAt,
    locateCount: 0,
    outcome: undefined as WriteOutcome | undefined,
    /** The arguments of each call of the locator. */
    locateCalls: [] as (readonly [from: number, knownOffset: number | undefined])[],
    /** The offset that the locator wants verified, unless the fetched range starts there or continues a known position. */
    offsetToVerify: undefined as number | undefined,
    /** Offsets that were reported as unreadable. */
    reported: [] as number[],
  }
  const store: BatchStore<ReceivedReading> = {
    write: (batch) => {
      if (state.outcome) return Promise.resolve(state.outcome)
      batches.push(batch)
      state.ledgerAt = batch.followingOffset
      return Promise.resolve({ kind: 'written', entry: emptyEntry })
    },
  }
  const metrics = new StreamMetrics(new Registry()).of('readings')
  const outages = new Outages({ metrics, logger: createLogger('test', 'silent') })
  const storer = new BatchStorer(store, () => undefined)
  const consumer = new StreamConsumer<ReceivedReading>({
    intake: intake ?? new DirectIntake(storer, outages),
    locator: {
      locate: ({ from }, known) => {
        state.locateCount += 1
        state.locateCalls.push([from, known?.nextOffset])
        const position = { logId: 1, nextOffset: state.ledgerAt }
        const { offsetToVerify } = state
        const isVerified =
          offsetToVerify === undefined || from <= offsetToVerify || known !== undefined
        return Promise.resolve(isVerified ? position : { ...position, offsetToVerify })
      },
    },
    unreadable: {
      report: (_, { fetchedOffset }) => {
        state.reported.push(fetchedOffset)
        return Promise.resolve()
      },
      clear: () => undefined,
      clearAll: () => undefined,
    },
    decode: (record) => decodeReading(record, microsecondsPerDay),
    ...{ metrics, outages },
    signal: new AbortController().signal,
  })
  return { consumer, batches, state }
}

/** A batch that was fetched from `fetchedOffset` and has records at the offsets. */
export function aConsumedBatch(fetchedOffset: number, offsets: readonly number[]): ConsumedBatch {
  const records = offsets.map((offset) => aConsumedRecord(offset, { value: null }))
  const endOffset = (offsets.at(-1) ?? fetchedOffset - 1) + 1
  return { partition: 0, fetchedOffset, records, endOffset, highWatermark: endOffset }
}

export function aSession(isStale = false) {
  const seeks: number[] = []
  const settled: (readonly [offset: number, records: number])[] = []
  const session: FeedSession = {
    heartbeat: () => Promise.resolve(),
    settled: (offset, records) => settled.push([offset, records]),
    seek: (offset) => seeks.push(offset),
    fail: () => undefined,
    isStale: () => isStale,
  }
  return { session, seeks, settled }
}

/** An intake in which everything waits. */
export function anIntakeThatWaits(recordsAtOnce = Infinity) {
  const calls: string[] = []
  const deliveries: Delivery<ReceivedReading>[] = []
  const intake: BatchIntake<ReceivedReading> = {
    recordsAtOnce,
    take: (delivery) => {
      calls.push(`take ${delivery.batch.expectedOffset}`)
      deliveries.push(delivery)
      return Promise.resolve(true)
    },
    storeWaiting: (partition) => {
      calls.push(`store ${partition}`)
      return Promise.resolve()
    },
    clear: () => calls.push('clear'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { intake, deliveries, calls }
}
