import { expect } from 'chai'
import { createReadingDecoder } from '../../../../scripts/dead-letters/decode-letters.ts'
import type { ChosenLetters } from '../../../../scripts/dead-letters/redrive.ts'
import {
  addToTally,
  emptyTally,
  forEachBatch,
  countStillDead,
} from '../../../../scripts/dead-letters/redrive.ts'
import type {
  DeadLetterFilter,
  IdRange,
} from '../../../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { Redriven } from '../../../../services/adapters/postgres/dead-letters/redrive-store.ts'
import { microsecondsPerDay } from '../../../../services/telemetry/reading/reading.ts'
import { toIsoMicroseconds } from '../../../../services/telemetry/time.ts'
import { aDeadLetter, aReadingJson } from '../../../support/builders.ts'

const filter: DeadLetterFilter = { states: ['open'] }

/** A store that returns only ids, in batches of at most 3. */
function lettersOf(...ids: number[]) {
  const pick = (_: DeadLetterFilter, { after, upTo, limit }: IdRange): Promise<number[]> => {
    const matching = ids.filter((id) => id > after && id <= upTo)
    return Promise.resolve(matching.slice(0, Math.min(3, limit)))
  }
  return { pick }
}

async function batchesOf(
  chosen: Omit<ChosenLetters, 'filter'>,
  signal = new AbortController().signal,
) {
  const taken: (readonly number[])[] = []
  const work = (ids: readonly number[]): Promise<void> => {
    taken.push(ids)
    return Promise.resolve()
  }
  await forEachBatch(lettersOf(1, 2, 5, 8, 9), { filter, ...chosen }, { work, signal })
  return taken
}

describe('forEachBatch', () => {
  it('passes each dead letter once, in the order of ids', async () => {
    expect(await batchesOf({ count: 5, upTo: 9 })).to.deep.equal([
      [1, 2, 5],
      [8, 9],
    ])
  })

  it('passes the chosen number of dead letters, and none that was added later', async () => {
    expect(await batchesOf({ count: 4, upTo: 9 })).to.deep.equal([[1, 2, 5], [8]])
    expect(await batchesOf({ count: 5, upTo: 8 })).to.deep.equal([[1, 2, 5], [8]])
  })

  it('passes none after the signal has aborted', async () => {
    expect(await batchesOf({ count: 5, upTo: 9 }, AbortSignal.abort())).to.deep.equal([])
  })
})

describe('addToTally', () => {
  it('counts results by kind and keeps the first dead letters that remain', () => {
    const place = (id: number) => ({ id, position: { logId: 1, partition: 0, offset: id } })
    const deadLetter = (id: number, code: string): Redriven => {
      return { ...place(id), kind: 'kept', code, detail: 'd' }
    }
    const tally = emptyTally()
    addToTally(tally, [
      { ...place(1), kind: 'stored' },
      deadLetter(2, 'expired'),
      deadLetter(3, 'not-finite'),
    ])
    addToTally(tally, [
      { ...place(4), kind: 'duplicate' },
      { ...place(5), kind: 'stored' },
    ])
    addToTally(
      tally,
      Array.from({ length: 30 }, (_, index) => deadLetter(10 + index, 'expired')),
    )
    expect([tally.stored, tally.duplicate, countStillDead(tally)]).to.deep.equal([2, 1, 32])
    expect([...tally.stillDead]).to.deep.equal([
      ['expired', 31],
      ['not-finite', 1],
    ])
    expect(tally.named.map(({ id }) => id).slice(0, 3)).to.deep.equal([2, 3, 10])
    expect(tally.named).to.have.length(20)
  })
})

describe('createReadingDecoder', () => {
  const retention = 30 * microsecondsPerDay
  const now = Date.now() * 1000

  /** Received `daysAgo`, recorded a second before, or `recordedDaysAgo`. */
  async function judged(daysAgo: number, recordedDaysAgo = daysAgo) {
    const received = now - daysAgo * microsecondsPerDay
    const timestamp = toIsoMicroseconds(now - recordedDaysAgo * microsecondsPerDay - 1_000_000)
    const value = Buffer.from(JSON.stringify(aReadingJson({ timestamp })))
    const original = { key: null, value, headers: [], appendedAt: received }
    const [entry] = await createReadingDecoder(retention)([aDeadLetter({ id: 7, original })])
    return entry?.kind === 'refused' ? entry.code : entry
  }

  it('returns a row for a dead letter that the current code accepts, with its original receive time', async () => {
    const entry = await judged(29)
    expect(entry).to.include({ kind: 'row', offset: 7 })
    expect(entry).to.have.nested.property('row.receivedAt', now - 29 * microsecondsPerDay)
  })

  it('judges a dead letter by its age when it was received', async () => {
    expect(await judged(1, 32)).to.equal('time-too-old')
    expect(await judged(31, 31)).to.include({ kind: 'row' })
  })

  describe('for a dead letter with a received-at header', () => {
    /** Became a dead letter a second ago; the clock of its broker was a day behind. */
    async function resultOf(receivedAt: number) {
      const timestamp = toIsoMicroseconds(receivedAt)
      const value = Buffer.from(JSON.stringify(aReadingJson({ timestamp })))
      const headers = [['received-at', Buffer.from(timestamp)]] as const
      const original = { key: null, value, headers, appendedAt: now - microsecondsPerDay }
      const letter = aDeadLetter({ id: 7, diedAt: now - 1_000_000, original })
      const [entry] = await createReadingDecoder(retention)([letter])
      return entry?.kind === 'refused' ? entry.code : entry?.kind
    }

    it('returns a row if only the clock of the broker was behind', async () => {
      expect(await resultOf(now - 2_000_000)).to.equal('row')
    })

    it('returns time-too-far-ahead if the header is from the future', async () => {
      expect(await resultOf(now + microsecondsPerDay)).to.equal('time-too-far-ahead')
    })
  })

  it('returns expired if the day is outside the retention', async () => {
    expect(await judged(33)).to.equal('expired')
    expect(await judged(31.5)).to.include({ kind: 'row' })
  })
})
