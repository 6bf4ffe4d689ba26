import { mkdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Journal } from '../../../../fleet/uplink/journal.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import type { OpenedJournal } from '../../../support/journals.ts'
import {
  aJournal,
  bytesIn,
  journalReadings,
  segmentsIn,
  sequencesOf,
  takeAll,
  pendingSequences,
} from '../../../support/journals.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

describe('DurableJournal after the disk could not be written', () => {
  const count = 20_000
  let temporary: TemporaryFolder
  let folder: string
  let clock: ManualClock
  let opened: OpenedJournal

  beforeEach(() => {
    temporary = new TemporaryFolder()
    folder = join(temporary.path, 'journal')
  })
  afterEach(() => {
    temporary[Symbol.dispose]()
  })

  /** 20,000 readings wait in memory, and the disk has room again. */
  async function open(megabytes: number): Promise<Journal> {
    clock = new ManualClock()
    opened = aJournal(folder, { megabytes, clock })
    renameSync(folder, `${folder}-aside`)
    for (let first = 0; first < count; first += 1_000) {
      await opened.journal.append(journalReadings(first, 1_000, 200))
    }
    expect(opened.journal.unsaved).to.equal(count)
    renameSync(`${folder}-aside`, folder)
    await clock.advance(1_000)
    return opened.journal
  }

  it('writes the readings from memory in parts and stays within its size limit', async () => {
    const journal = await open(1)
    await journal.append(journalReadings(count, 1, 200))
    expect(journal.unsaved).to.equal(0)
    expect(bytesIn(folder)).to.be.within(900_000, 1024 * 1024)
    const sizes = segmentsIn(folder).map((path) => statSync(path).size)
    expect(Math.max(...sizes)).to.be.at.most(1024 * 1024 * (1 / 16) + 100)
    const waiting = pendingSequences(journal)
    expect(waiting).to.deep.equal(Array.from(waiting, (_, at) => count + 1 - waiting.length + at))
    expect(journal.dropped).to.equal(count + 1 - waiting.length)
    const before = journal.size
    for (let next = 1; next <= 20; next += 1) {
      await journal.append(journalReadings(count + next, 1, 200))
    }
    expect(journal.size).to.be.above(before - 300)
    await journal.close()
  })

  it('keeps each reading in exactly one place if the disk fails again during the write', async () => {
    const journal = await open(64)
    // The first attempt has used the first file name.
    const third = join(folder, '000000000003.readings.draft')
    mkdirSync(third)
    await journal.append(journalReadings(count, 1))
    expect(journal.unsaved).to.be.within(1, count - 1)
    const everything = Array.from({ length: count + 1 }, (_, at) => at)
    const [inMemory, onDisk] = [takeAll(journal), takeAll(journal)]
    expect(sequencesOf([...onDisk, ...inMemory])).to.deep.equal(everything)
    for (const entries of [inMemory, onDisk]) journal.giveBack(entries)
    rmdirSync(third)
    await clock.advance(1_000)
    await journal.append(journalReadings(count + 1, 1))
    expect([journal.unsaved, journal.dropped]).to.deep.equal([0, 0])
    expect(opened.logged.map(({ event }) => event)).to.deep.equal([
      'uplink-journal-in-memory',
      'uplink-journal-on-disk',
    ])
    await journal.close()
    const again = aJournal(folder, { clock }).journal
    expect(pendingSequences(again)).to.deep.equal([...everything, count + 1])
    await again.close()
  })

  it('returns to the disk one second later even if the clock was set back', async () => {
    clock = new ManualClock()
    const { journal, logged } = aJournal(folder, { clock })
    rmSync(folder, { recursive: true })
    await journal.append(journalReadings(0, 1))
    expect(journal.unsaved).to.equal(1)
    clock.setBack(3_600_000)
    mkdirSync(folder)
    await clock.advance(1_000)
    await journal.append(journalReadings(1, 1))
    expect(journal.unsaved).to.equal(0)
    expect(logged.map(({ event }) => event)).to.deep.equal([
      'uplink-journal-in-memory',
      'uplink-journal-on-disk',
    ])
  })
})
