import { expect } from 'chai'
import { withBeforeWrite } from '../../../services/stream/storing/before-write.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { oldestKeptDay, refuseExpiredReadings } from '../../../services/telemetry/retention.ts'
import { aBatch, anEntry, noon } from '../../support/builders.ts'
import { MemoryStore } from './memory-store.ts'

describe('withBeforeWrite', () => {
  const day = 86_400_000

  it('transforms the batch at each attempt, with the clock at that moment', async () => {
    const store = new MemoryStore()
    let now = noon / 1000
    const transformingStore = withBeforeWrite(store, (batch) =>
      refuseExpiredReadings(batch, oldestKeptDay(now * 1000, microsecondsPerDay)),
    )
    const batchAt = (offset: number) => aBatch([anEntry(offset)])
    await transformingStore.write(batchAt(0), 'direct')
    now += 3 * day
    await transformingStore.write(batchAt(1), 'direct')
    expect(store.storedOffsets).to.deep.equal([0, 1])
    now += day
    await transformingStore.write(batchAt(2), 'direct')
    expect(store.storedOffsets).to.deep.equal([0, 1])
    expect(store.deadLetters.map(({ offset, code }) => [offset, code])).to.deep.equal([
      [2, 'expired'],
    ])
  })
})
