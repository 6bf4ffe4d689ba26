import { expect } from 'chai'
import type { StoredReceipt } from '../../../services/adapters/postgres/ledger/receipt-store.ts'
import { statusOfReceipt } from '../../../services/producer/events/receipt-status.ts'
import type { TopicView } from '../../../services/producer/limits/topic-watch.ts'

const position = { logId: 1, partition: 1, offset: 10 }

function viewUpTo(high: number): TopicView {
  const ranges = [
    { low: 0, high: 100 },
    { low: 0, high },
  ]
  return { logId: 1, ranges, eventsServed: 100 + high, asOf: 0 }
}

type Asked = { view?: TopicView | undefined; fresh?: TopicView | Error }

async function statusOf(settled: StoredReceipt, { view, fresh }: Asked = {}) {
  let refreshes = 0
  const refresh = (): Promise<TopicView> => {
    refreshes += 1
    return fresh instanceof Error || fresh === undefined
      ? Promise.reject(fresh ?? new Error('not to be asked'))
      : Promise.resolve(fresh)
  }
  const store = { lookUp: () => Promise.resolve(settled) }
  const status = await statusOfReceipt(position, store, { view, refresh })
  return { status, refreshes }
}

const unsettled = { status: 'unsettled' } as const

describe('statusOfReceipt', () => {
  for (const settled of [
    { status: 'stored' },
    { status: 'duplicate' },
    { status: 'expired' },
    { status: 'dead-lettered', code: 'key-conflict', detail: 'why', state: 'open' },
  ] as const) {
    it(`says ${settled.status} where the database does, without asking Kafka`, async () => {
      expect(await statusOf(settled)).to.deep.equal({ status: settled, refreshes: 0 })
    })
  }

  it('knows no receipt where the database does not', async () => {
    expect(await statusOf({ status: 'unknown' })).to.deep.equal({ status: undefined, refreshes: 0 })
  })

  it('says queued where the partition was last seen to go beyond it', async () => {
    const seen = await statusOf(unsettled, { view: viewUpTo(11) })
    expect(seen).to.deep.equal({ status: { status: 'queued' }, refreshes: 0 })
  })

  it('asks Kafka again where the partition was last seen to end before it', async () => {
    for (const view of [viewUpTo(10), undefined]) {
      const seen = await statusOf(unsettled, { view, fresh: viewUpTo(11) })
      expect(seen).to.deep.equal({ status: { status: 'queued' }, refreshes: 1 })
    }
  })

  it('knows no receipt beyond the end of its partition', async () => {
    const seen = await statusOf(unsettled, { view: viewUpTo(0), fresh: viewUpTo(10) })
    expect(seen).to.deep.equal({ status: undefined, refreshes: 1 })
  })

  it('rejects where Kafka has to be asked and is away', async () => {
    const away = new Error('away')
    const failure = await statusOf(unsettled, { fresh: away }).catch((error: unknown) => error)
    expect(failure).to.equal(away)
  })
})
