import { expect } from 'chai'
import { aConsumedBatch, aConsumer, anIntakeThatWaits, aSession } from './a-consumer.ts'

describe('StreamConsumer', () => {
  it('seeks to the position of the ledger if a batch starts elsewhere', async () => {
    const { consumer, batches } = aConsumer(40)
    for (const fetched of [30, 50]) {
      const { session, seeks } = aSession()
      const settled = await consumer.handleBatch(aConsumedBatch(fetched, [fetched]), session)
      expect([settled, seeks]).to.deep.equal([undefined, [40]])
    }
    expect(batches).to.deep.equal([])
  })

  it('reads the ledger once and continues where the last batch ended', async () => {
    const { consumer, batches, state } = aConsumer(40)
    const { session, seeks } = aSession()
    expect(await consumer.handleBatch(aConsumedBatch(40, [40, 41]), session)).to.equal(42)
    expect(await consumer.handleBatch(aConsumedBatch(42, [42]), session)).to.equal(43)
    expect(state.locateCount).to.equal(1)
    expect(seeks).to.deep.equal([])
    const bounds = batches.map((batch) => [batch.expectedOffset, batch.followingOffset])
    expect(bounds).to.deep.equal([
      [40, 42],
      [42, 43],
    ])
  })

  it('reads the ledger again after a rebalance', async () => {
    const { consumer, state } = aConsumer(40)
    const { session } = aSession()
    await consumer.handleBatch(aConsumedBatch(40, [40]), session)
    consumer.onRejoin()
    await consumer.handleBatch(aConsumedBatch(41, [41]), session)
    expect(state.locateCount).to.equal(2)
  })

  it('reports to the group up to where it has stored, and how many records that were', async () => {
    const { consumer } = aConsumer(40)
    const { session, settled } = aSession()
    await consumer.handleBatch(aConsumedBatch(40, [40, 41]), session)
    expect(settled).to.deep.equal([[42, 2]])
  })

  it('reads on while records wait, and reports them to the group when they are stored', async () => {
    const { intake, deliveries, calls } = anIntakeThatWaits()
    const { consumer, state } = aConsumer(40, intake)
    const { session, settled } = aSession()
    expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(41)
    expect(await consumer.handleBatch(aConsumedBatch(41, [41]), session)).to.equal(42)
    expect([settled, state.locateCount]).to.deep.equal([[], 1])
    for (const { batch, onStored } of deliveries) onStored(batch)
    expect(settled).to.deep.equal([
      [41, 1],
      [42, 1],
    ])
    expect(calls).to.deep.equal(['store 0', 'take 40', 'take 41'])
  })

  it('gives a large batch to the intake in parts, which together cover all of its offsets', async () => {
    const { intake, deliveries } = anIntakeThatWaits(2)
    const { consumer } = aConsumer(40, intake)
    const { session } = aSession()
    const batch = { ...aConsumedBatch(40, [40, 42, 45, 46, 50]), endOffset: 53 }
    expect(await consumer.handleBatch(batch, session)).to.equal(53)
    const parts = deliveries.map(({ batch: { expectedOffset, followingOffset, entries } }) => {
      return [expectedOffset, followingOffset, entries.map(({ offset }) => offset)]
    })
    expect(parts).to.deep.equal([
      [40, 45, [40, 42]],
      [45, 50, [45, 46]],
      [50, 53, [50]],
    ])
  })

  it('stores what waits before it reads the ledger, and drops it after a rebalance', async () => {
    const { intake, calls } = anIntakeThatWaits()
    const { consumer } = aConsumer(40, intake)
    const { session, seeks } = aSession()
    await consumer.handleBatch(aConsumedBatch(40, [40]), session)
    await consumer.handleBatch(aConsumedBatch(45, [45]), session)
    const unreadable = { reason: 'its checksum is wrong', followedAt: undefined }
    await consumer.handleBatch({ ...aConsumedBatch(45, []), unreadable }, session)
    consumer.onRejoin()
    expect(calls).to.deep.equal(['store 0', 'take 40', 'store 0', 'store 0', 'clear'])
    expect(seeks).to.deep.equal([40, 40])
  })

  it('skips records below the position', async () => {
    const { consumer, batches } = aConsumer(40)
    await consumer.handleBatch(aConsumedBatch(40, [38, 39, 40, 41]), aSession().session)
    expect(batches[0]?.entries.map(({ offset }) => offset)).to.deep.equal([40, 41])
  })

  it('settles nothing and reads the ledger again if another consumer has continued the partition', async () => {
    const { consumer, state } = aConsumer(40)
    const { session } = aSession()
    state.outcome = { kind: 'ledger-moved' }
    expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(undefined)
    state.outcome = undefined
    await consumer.handleBatch(aConsumedBatch(40, [40]), session)
    expect(state.locateCount).to.equal(2)
  })

  it('writes nothing if the batch has become stale', async () => {
    const { consumer, batches } = aConsumer(40)
    const { session } = aSession(true)
    expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(undefined)
    expect(batches).to.deep.equal([])
  })

  describe('if the last record must be verified', () => {
    it('seeks to the last record and does not store it again', async () => {
      const { consumer, batches, state } = aConsumer(40)
      const { session, seeks } = aSession()
      state.offsetToVerify = 39
      expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(undefined)
      expect([seeks, batches]).to.deep.equal([[39], []])
      expect(await consumer.handleBatch(aConsumedBatch(39, [39, 40]), session)).to.equal(41)
      expect(batches[0]?.entries.map(({ offset }) => offset)).to.deep.equal([40])
      expect(await consumer.handleBatch(aConsumedBatch(41, [41]), session)).to.equal(42)
      expect([seeks, state.locateCount]).to.deep.equal([[39], 2])
    })

    it('writes nothing if no record follows the last record, and does not verify it again', async () => {
      const { consumer, batches, state } = aConsumer(40)
      const { session, seeks } = aSession()
      state.offsetToVerify = 39
      expect(await consumer.handleBatch(aConsumedBatch(39, [39]), session)).to.equal(undefined)
      expect([seeks, batches]).to.deep.equal([[40], []])
      expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(41)
      expect(state.locateCount).to.equal(1)
    })

    it('verifies the last record again after invalidatePositions, also if a batch was in progress', async () => {
      const { consumer, state } = aConsumer(40)
      const { session, seeks } = aSession()
      const inProgress = consumer.handleBatch(aConsumedBatch(40, [40]), session)
      consumer.invalidatePositions()
      expect(await inProgress).to.equal(41)
      state.offsetToVerify = 40
      expect(await consumer.handleBatch(aConsumedBatch(41, [41]), session)).to.equal(undefined)
      expect(seeks).to.deep.equal([40])
    })

    it('passes the known position to the locator for later offsets, but not for earlier ones', async () => {
      const { consumer, state } = aConsumer(40)
      const { session } = aSession()
      await consumer.handleBatch(aConsumedBatch(40, [40]), session)
      await consumer.handleBatch(aConsumedBatch(43, [43]), session)
      await consumer.handleBatch(aConsumedBatch(0, [0]), session)
      expect(state.locateCalls).to.deep.equal([
        [40, undefined],
        [43, 41],
        [0, undefined],
      ])
    })

    it('treats the last record as removed if every seek to it leads to a later offset', async () => {
      const { consumer, state } = aConsumer(40)
      const { session, seeks } = aSession()
      state.offsetToVerify = 39
      for (let round = 0; round < 5; round += 1) {
        await consumer.handleBatch(aConsumedBatch(40, [40]), session)
      }
      expect(seeks).to.deep.equal([39, 39, 39, 39])
      expect(state.locateCalls.at(-1)).to.deep.equal([39, undefined])
    })
  })

  describe('if every seek leads to the same later offset', () => {
    it('treats the offsets between as offsets without a record after four seeks', async () => {
      const { consumer, batches } = aConsumer(40)
      const { session, seeks } = aSession()
      for (let round = 0; round < 4; round += 1) {
        await consumer.handleBatch(aConsumedBatch(45, [45]), session)
      }
      expect([seeks, batches]).to.deep.equal([[40, 40, 40, 40], []])
      expect(await consumer.handleBatch(aConsumedBatch(45, [45]), session)).to.equal(46)
      const [batch] = batches
      expect([batch?.expectedOffset, batch?.followingOffset]).to.deep.equal([40, 46])
    })

    it('counts the seeks from 0 again if a seek leads elsewhere', async () => {
      const { consumer, batches } = aConsumer(40)
      const { session } = aSession()
      for (const fetched of [45, 45, 45, 45, 44, 45, 45, 45, 45]) {
        await consumer.handleBatch(aConsumedBatch(fetched, [fetched]), session)
      }
      expect(batches).to.deep.equal([])
    })

    it('never skips backwards', async () => {
      const { consumer, batches } = aConsumer(40)
      const { session } = aSession()
      for (let round = 0; round < 9; round += 1) {
        await consumer.handleBatch(aConsumedBatch(30, [30]), session)
      }
      expect(batches).to.deep.equal([])
    })
  })

  describe('if the record at the fetched offset cannot be read', () => {
    const unreadable = { reason: 'its checksum is wrong', followedAt: undefined }
    const anUnreadableBatch = (offset: number) => ({ ...aConsumedBatch(offset, []), unreadable })

    it('reports the partition each time it is fetched at the offset of the ledger', async () => {
      const { consumer, state } = aConsumer(40)
      const { session, seeks } = aSession()
      for (let round = 0; round < 2; round += 1) {
        expect(await consumer.handleBatch(anUnreadableBatch(40), session)).to.equal(undefined)
      }
      expect([state.reported, seeks]).to.deep.equal([[40, 40], []])
    })

    it('seeks to the ledger if it is elsewhere, also if a last record must be verified', async () => {
      const { consumer, batches, state } = aConsumer(40)
      const { session, seeks } = aSession()
      state.offsetToVerify = 39
      await consumer.handleBatch(anUnreadableBatch(39), session)
      expect(await consumer.handleBatch(aConsumedBatch(40, [40]), session)).to.equal(41)
      await consumer.handleBatch(anUnreadableBatch(50), session)
      expect([state.reported, seeks, batches.length]).to.deep.equal([[], [40, 41], 1])
    })

    it('verifies the last record before it reports the partition, because the log may be a new one', async () => {
      const { consumer, state } = aConsumer(40)
      const { session, seeks } = aSession()
      state.offsetToVerify = 39
      await consumer.handleBatch(anUnreadableBatch(40), session)
      expect([state.reported, seeks]).to.deep.equal([[], [39]])
      await consumer.handleBatch(aConsumedBatch(39, [39]), session)
      await consumer.handleBatch(anUnreadableBatch(40), session)
      expect([state.reported, seeks]).to.deep.equal([[40], [39, 40]])
    })
  })
})
