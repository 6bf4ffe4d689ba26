import { expect } from 'chai'
import type { ConsumedBatch } from '../../../services/adapters/kafka/consumed-batch.ts'
import { TopicFollower } from '../../../services/dashboard/live/topic-follower.ts'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import { replayOffset } from '../../../services/dashboard/health/topic-log.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { aConsumedRecord, aReading } from '../../support/builders.ts'

function aFollower(begin: number) {
  const fleet = new LiveFleet(100)
  let records = 0
  const follower = new TopicFollower({
    fleet,
    retentionMicros: 30 * microsecondsPerDay,
    initialOffset: () => begin,
    currentLogId: () => 4,
    onRecords: (count) => (records += count),
  })
  const sought: number[] = []
  const session = {
    heartbeat: () => Promise.resolve(),
    seek: (offset: number) => sought.push(offset),
    isStale: () => false,
  }
  const handle = (batch: ConsumedBatch) => follower.handleBatch(batch, session)
  return { fleet, handle, sought, records: () => records }
}

function aFedBatch(first: number, count: number, highWatermark = first + count): ConsumedBatch {
  const records = Array.from({ length: count }, (_, index) => {
    const vin = `V-${first + index}`
    return aConsumedRecord(first + index, { value: Buffer.from(encodeReading(aReading({ vin }))) })
  })
  return { partition: 2, fetchedOffset: first, records, endOffset: first + count, highWatermark }
}

describe('LogFollower', () => {
  it('leaps over what the table has, then goes on', async () => {
    const { fleet, handle, sought } = aFollower(5)
    expect(await handle(aFedBatch(0, 5, 7))).to.equal(undefined)
    expect(sought).to.deep.equal([5])
    expect(await handle(aFedBatch(5, 2))).to.equal(7)
    expect(fleet.states().map(({ vin, receipt }) => [vin, receipt])).to.deep.equal([
      ['V-5', '4-2-5'],
      ['V-6', '4-2-6'],
    ])
  })

  it('finds its place again after a join, from what it has read', async () => {
    const { handle, sought, records } = aFollower(0)
    await handle(aFedBatch(0, 10))
    expect(await handle(aFedBatch(0, 10, 12))).to.equal(undefined)
    expect(sought).to.deep.equal([10])
    expect(records()).to.equal(10)
  })

  it('follows a new log from its beginning, and one whose records are gone from where it begins', async () => {
    const { handle, sought } = aFollower(100)
    expect(await handle(aFedBatch(0, 3))).to.equal(3)
    expect(await handle(aFedBatch(50, 3))).to.equal(53)
    expect(sought).to.deep.equal([])
  })

  it('passes over what is no reading', async () => {
    const { fleet, handle } = aFollower(0)
    const batch = aFedBatch(0, 2)
    const broken = aConsumedRecord(0, { value: Buffer.from('{') })
    expect(await handle({ ...batch, records: [broken, ...batch.records.slice(1)] })).to.equal(2)
    expect(fleet.states().map(({ vin }) => vin)).to.deep.equal(['V-1'])
  })
})

describe('beginOffset', () => {
  it('is where the table ends, not too far back, and not past the end', () => {
    expect(replayOffset(90, 100)).to.equal(90)
    expect(replayOffset(200, 100)).to.equal(100)
    expect(replayOffset(0, 1_000_000)).to.equal(950_000)
    expect(replayOffset(undefined, 1_000_000)).to.equal(950_000)
    expect(replayOffset(undefined, 10)).to.equal(0)
  })
})
