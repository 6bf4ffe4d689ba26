import { expect } from 'chai'
import type { GroupedRecord, RecordOrigin } from '../../../services/ledger/origin.ts'
import { findRepeated, ungroup, withOrigin } from '../../../services/ledger/origin.ts'

const origin = (offset: number, fields: Partial<RecordOrigin> = {}): RecordOrigin => ({
  ...{ logId: 1, partition: 0, offset, life: 'now', appendedAt: 5_000_000 },
  ...fields,
})
const record = (offset: number, of: RecordOrigin | undefined): GroupedRecord => {
  return { offset, origin: of }
}

describe('records of a grouped topic', () => {
  const value = Buffer.from('{}')
  const key = Buffer.from('key')
  const headers = [['trace', Buffer.from('1')]] as const
  const source = { key, value, headers, appendedAt: 5_000_000 }
  const grouped = (of = source, at = origin(7)) => {
    return { key: Buffer.from('Free'), value, headers: withOrigin(of, at), appendedAt: 9 }
  }

  it('keep key, headers, time and position of the record in the source topic', () => {
    const found = ungroup(grouped())
    expect(found?.origin).to.deep.equal(origin(7))
    expect(found?.record).to.deep.equal(source)
    const withoutKey = ungroup({
      ...grouped(),
      headers: withOrigin({ ...source, key: null }, origin(7)),
    })
    expect(withoutKey?.record.key).to.equal(null)
  })

  it('keep the headers of a source that is a grouped topic too', () => {
    const first = grouped()
    const second = ungroup({ ...first, headers: withOrigin(first, origin(8, { logId: 2 })) })
    expect(second?.origin).to.include({ logId: 2, offset: 8 })
    expect(second?.record).to.deep.equal(first)
  })

  it('have no origin if the header is missing or has another form', () => {
    for (const text of ['', '1-0-7', '[]', '{"log":1}', '{"log":"1","partition":0,"offset":0}']) {
      const others = [['av-telemetry-origin', Buffer.from(text)]] as const
      expect(ungroup({ ...source, headers: others }), text).to.equal(undefined)
    }
    expect(ungroup(source)).to.equal(undefined)
  })
})

describe('repeated records of a grouped topic', () => {
  const positions = [{ logId: 1, partition: 0, nextOffset: 10 }]

  it('are those with an offset before the position of their source partition', () => {
    const records = [origin(8), origin(9), origin(10), origin(12)].map((each, index) =>
      record(index, each),
    )
    const { repeated, moved } = findRepeated(records, 'now', positions)
    expect([...repeated]).to.deep.equal([0, 1])
    expect(moved).to.deep.equal([{ logId: 1, partition: 0, nextOffset: 13 }])
  })

  it('are found within one batch', () => {
    const records = [record(5, origin(10)), record(6, origin(11)), record(7, origin(10))]
    expect([...findRepeated(records, 'now', positions).repeated]).to.deep.equal([7])
  })

  it('are judged separately for each partition and log of the source', () => {
    const records = [
      record(0, origin(12)),
      record(1, origin(3, { partition: 1 })),
      record(2, origin(2, { logId: 2 })),
    ]
    const { repeated, moved } = findRepeated(records, 'now', positions)
    expect([...repeated]).to.deep.equal([])
    expect(moved).to.have.length(3)
  })

  it('are all records of another life, which move no position', () => {
    const records = [record(0, origin(99, { life: 'before' })), record(1, origin(10))]
    const { repeated, moved } = findRepeated(records, 'now', positions)
    expect([...repeated]).to.deep.equal([0])
    expect(moved).to.deep.equal([{ logId: 1, partition: 0, nextOffset: 11 }])
  })

  it('are never records without an origin', () => {
    const { repeated, moved } = findRepeated([record(0, undefined)], 'now', positions)
    expect([[...repeated], moved]).to.deep.equal([[], []])
  })
})
