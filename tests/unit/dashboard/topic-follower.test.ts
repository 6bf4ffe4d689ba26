import { expect } from 'chai'
import type { ConsumedBatch } from '../../../services/adapters/kafka/consumed-batch.ts'
import { TopicFollower } from '../../../services/dashboard/live/topic-follower.ts'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { replayOffset } from '../../../services/dashboard/health/topic-log.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { aConsumedRecord, aReading } from '../../support/builders.ts'

function aFollower(initialOffset: number) {
  const fleet = new LiveFleet(100)
  let records = 0
  const stored = { offset: 0 }
  const follower = new TopicFollower({
    fleet,
    retentionMicros: 30 * microsecondsPerDay,
    initialOffset: () => initialOffset,
    storedOffset: () => stored.offset,
    currentLogId: () => 4,
    onRecords: (count) => (records += count),
  })
  const seeks: number[] = []
  const session = {
    heartbeat: () => Promise.resolve(),
    settled: () => undefined,
    seek: (offset: number) => seeks.push(offset),
    fail: () => undefined,
    isStale: () => false,
  }
  const handle = (batch: ConsumedBatch) => follower.handleBatch(batch, session)
  return { fleet, handle, seeks, stored, records: () => records }
}

function aBatch(first: number, count: number, highWatermark = first + count): ConsumedBatch {
  const records = Array.from({ length: count }, (_, index) => {
    const vin = `V-${first + index}`
    return aConsumedRecord(first + index, { value: Buffer.from(encodeReading(aReading({ vin }))) })
  })
  return { partition: 2, fetchedOffset: first, records, endOffset: first + count, highWatermark }
}

describe('TopicFollower', () => {
  it('seeks past the records that are in the table, then reads on', async () => {
    const { fleet, handle, seeks } = aFollower(5)
    expect(await handle(aBatch(0, 5, 7))).to.equal(undefined)
    expect(seeks).to.deep.equal([5])
    expect(await handle(aBatch(5, 2))).to.equal(7)
    expect(fleet.states().map(({ vin, receipt }) => [vin, receipt])).to.deep.equal([
      ['V-5', '4-2-5'],
      ['V-6', '4-2-6'],
    ])
  })

  it('seeks to its last position when a join resets the fetch offset', async () => {
    const { handle, seeks, records } = aFollower(0)
    await handle(aBatch(0, 10))
    expect(await handle(aBatch(0, 10, 12))).to.equal(undefined)
    expect(seeks).to.deep.equal([10])
    expect(records()).to.equal(10)
  })

  it('reads a new log from its first fetched offset, also if its first records are deleted', async () => {
    const { handle, seeks } = aFollower(100)
    expect(await handle(aBatch(0, 3))).to.equal(3)
    expect(await handle(aBatch(50, 3))).to.equal(53)
    expect(seeks).to.deep.equal([])
  })

  it('skips a record that is not a valid reading', async () => {
    const { fleet, handle } = aFollower(0)
    const batch = aBatch(0, 2)
    const broken = aConsumedRecord(0, { value: Buffer.from('{') })
    expect(await handle({ ...batch, records: [broken, ...batch.records.slice(1)] })).to.equal(2)
    expect(fleet.states().map(({ vin }) => vin)).to.deep.equal(['V-1'])
  })

  it('waits at offsets that cannot be read, until the consumers are past them', async () => {
    const { handle, seeks, stored } = aFollower(0)
    const unreadable = { reason: 'its checksum is wrong', followedAt: undefined }
    expect(await handle(aBatch(0, 10))).to.equal(10)
    const damaged = { ...aBatch(10, 0, 30), unreadable }
    expect(await handle(damaged)).to.equal(undefined)
    expect(seeks).to.deep.equal([])
    stored.offset = 20
    expect(await handle(damaged)).to.equal(undefined)
    expect(seeks).to.deep.equal([20])
    expect(await handle(aBatch(20, 10))).to.equal(30)
  })
})

describe('replayOffset', () => {
  it('is the end of the table, at most 50,000 records back and not past the high watermark', () => {
    expect(replayOffset(90, 100)).to.equal(90)
    expect(replayOffset(200, 100)).to.equal(100)
    expect(replayOffset(0, 1_000_000)).to.equal(950_000)
    expect(replayOffset(undefined, 1_000_000)).to.equal(950_000)
    expect(replayOffset(undefined, 10)).to.equal(0)
  })
})
