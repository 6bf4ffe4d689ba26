import { expect } from 'chai'
import type { JournalEntry, JournalReading } from '../../../../fleet/uplink/journal.ts'
import { MemoryJournal } from '../../../../fleet/journal/memory-journal.ts'

const texts = (entries: readonly JournalEntry[]): string[] => entries.map(({ text }) => text)
const readingsOf = (...all: readonly string[]): JournalReading[] =>
  all.map((text) => ({ vin: 'V1', sequence: 0, text }))
const limit = { entries: 2, bytes: 1000 }

describe('MemoryJournal', () => {
  it('takes the newest entries first, each only once until it is given back', async () => {
    const journal = new MemoryJournal(10)
    await journal.append(readingsOf('a', 'b', 'c'))
    const newest = journal.take(limit)
    expect(texts(newest)).to.deep.equal(['b', 'c'])
    expect(texts(journal.take(limit))).to.deep.equal(['a'])
    expect(journal.take(limit)).to.deep.equal([])
    expect([journal.waiting, journal.size]).to.deep.equal([0, 3])
    await journal.append(readingsOf('d'))
    journal.giveBack(newest)
    expect(texts(journal.take({ entries: 9, bytes: 1000 }))).to.deep.equal(['b', 'c', 'd'])
  })

  it('removes acknowledged entries', async () => {
    const journal = new MemoryJournal(10)
    await journal.append(readingsOf('a', 'b', 'c'))
    journal.acknowledge(journal.take(limit))
    expect([journal.waiting, journal.size, journal.dropped]).to.deep.equal([1, 1, 0])
  })

  it('drops and counts the oldest entries when it is full', async () => {
    const journal = new MemoryJournal(3)
    await journal.append(readingsOf('a', 'b'))
    await journal.append(readingsOf('c', 'd', 'e'))
    expect([journal.size, journal.dropped]).to.deep.equal([3, 2])
    expect(texts(journal.take({ entries: 9, bytes: 1000 }))).to.deep.equal(['c', 'd', 'e'])
    await journal.append(readingsOf('f'))
    expect([journal.size, journal.dropped]).to.deep.equal([3, 3])
  })

  it('keeps a batch within its byte limit, but takes one entry of any size', async () => {
    const journal = new MemoryJournal(10)
    await journal.append(readingsOf('aaaaaaaaaa', 'bbb', 'cccc'))
    expect(texts(journal.take({ entries: 9, bytes: 9 }))).to.deep.equal(['bbb', 'cccc'])
    expect(texts(journal.take({ entries: 9, bytes: 9 }))).to.deep.equal(['aaaaaaaaaa'])
  })
})
