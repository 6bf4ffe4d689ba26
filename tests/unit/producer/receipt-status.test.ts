import { expect } from 'chai'
import type { StoredReceipt } from '../../../services/adapters/postgres/ledger/receipt-store.ts'
import { statusOfReceipt } from '../../../services/producer/events/receipt-status.ts'
import type { TopicView } from '../../../services/producer/topic-watch.ts'

const position = { logId: 1, partition: 1, offset: 10 }

function viewUpTo(high: number): TopicView {
  const ranges = [
    { low: 0, high: 100 },
    { low: 0, high },
  ]
  return { logId: 1, ranges, eventsServed: 100 + high, asOf: 0 }
}

const emptyTopic = viewUpTo(0)

/** `view` is the known state of the topic, `fresh` the state after a refresh. */
type Topic = { view?: TopicView; fresh?: TopicView | Error }

async function statusOf(settled: StoredReceipt, { view = emptyTopic, fresh }: Topic = {}) {
  let refreshes = 0
  const refresh = (): Promise<TopicView> => {
    refreshes += 1
    return fresh instanceof Error || fresh === undefined
      ? Promise.reject(fresh ?? new Error('refresh must not be called'))
      : Promise.resolve(fresh)
  }
  const store = { lookUp: () => Promise.resolve(settled) }
  const status = await statusOfReceipt(position, store, { knownView: view, refresh })
  return { status, refreshes }
}

const unsettled = { status: 'unsettled' } as const

describe('statusOfReceipt', () => {
  for (const settled of [
    { status: 'stored' },
    { status: 'duplicate' },
    { status: 'expired' },
    { status: 'unknown' },
    { status: 'dead-lettered', code: 'key-conflict', detail: 'why', state: 'open' },
  ] as const) {
    it(`returns ${settled.status} from the database without a request to Kafka`, async () => {
      expect(await statusOf(settled)).to.deep.equal({ status: settled, refreshes: 0 })
    })
  }

  it('returns undefined if the database does not know the receipt', async () => {
    expect(await statusOf({ status: 'nonexistent' })).to.deep.equal({
      status: undefined,
      refreshes: 0,
    })
  })

  it('returns queued if the known partition contains the offset', async () => {
    const result = await statusOf(unsettled, { view: viewUpTo(11) })
    expect(result).to.deep.equal({ status: { status: 'queued' }, refreshes: 0 })
  })

  it('returns expired or unknown for an offset that was not read before its log ended', async () => {
    const notRead = { status: 'not-read' } as const
    const beyond = { view: viewUpTo(10), fresh: viewUpTo(10) }
    expect((await statusOf(notRead, beyond)).status).to.deep.equal({ status: 'expired' })
    const within = await statusOf(notRead, { view: viewUpTo(11) })
    expect(within.status).to.deep.equal({ status: 'unknown' })
  })

  it('requests the state from Kafka if the known partition ends before the offset', async () => {
    const result = await statusOf(unsettled, { view: viewUpTo(10), fresh: viewUpTo(11) })
    expect(result).to.deep.equal({ status: { status: 'queued' }, refreshes: 1 })
  })

  it('returns undefined for an offset beyond the end of its partition', async () => {
    const result = await statusOf(unsettled, { view: viewUpTo(0), fresh: viewUpTo(10) })
    expect(result).to.deep.equal({ status: undefined, refreshes: 1 })
  })

  it('rejects if the state must be requested and Kafka cannot be reached', async () => {
    const unreachable = new Error('unreachable')
    const failure = await statusOf(unsettled, { fresh: unreachable }).catch(
      (error: unknown) => error,
    )
    expect(failure).to.equal(unreachable)
  })
})
