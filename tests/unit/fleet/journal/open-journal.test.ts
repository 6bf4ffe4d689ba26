import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { JournalInUseError } from '../../../../fleet/journal/journal-in-use-error.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import {
  aJournal,
  bytesIn,
  journalReadings,
  segmentsIn,
  sequencesOf,
  pendingSequences,
} from '../../../support/journals.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

describe('openJournal', () => {
  let temporary: TemporaryFolder
  let folder: string

  beforeEach(() => {
    temporary = new TemporaryFolder()
    folder = join(temporary.path, 'journal')
  })
  afterEach(() => {
    temporary[Symbol.dispose]()
  })

  /** Creates a journal of an earlier process with these readings; returns its segment. */
  async function createEarlierJournal(count: number): Promise<string> {
    const { journal } = aJournal(folder)
    await journal.append(journalReadings(0, count))
    await journal.close()
    return segmentsIn(folder)[0] ?? ''
  }

  it('stays within its size limit; drops and counts the oldest readings', async () => {
    const { journal } = aJournal(folder, { megabytes: 1 })
    for (let first = 0; first < 3_000; first += 50) {
      await journal.append(journalReadings(first, 50, 500))
      expect(bytesIn(folder)).to.be.at.most(1024 * 1024)
    }
    const waiting = pendingSequences(journal)
    expect(waiting.length).to.be.within(1_500, 2_000)
    expect(waiting).to.deep.equal(Array.from(waiting, (_, at) => 3_000 - waiting.length + at))
    expect(journal.dropped).to.equal(3_000 - waiting.length)
    await journal.close()
  })

  it('limits files to 4 MiB for any size of the journal', async () => {
    const { journal } = aJournal(folder, { megabytes: 1024 })
    for (let first = 0; first < 120; first += 10) {
      await journal.append(journalReadings(first, 10, 100_000))
    }
    const sizes = segmentsIn(folder).map((path) => statSync(path).size)
    expect(sizes.length).to.equal(3)
    expect(Math.max(...sizes)).to.be.within(4_000_000, 4 * 1024 * 1024)
    await journal.close()
  })

  it('counts readings as dropped if they are given back after their segment was dropped', async () => {
    const { journal } = aJournal(folder, { megabytes: 1 })
    await journal.append(journalReadings(0, 10, 500))
    const taken = journal.take({ entries: 4, bytes: 10_000 })
    for (let first = 10; first < 3_000; first += 50) {
      await journal.append(journalReadings(first, 50, 500))
    }
    const before = journal.dropped
    journal.giveBack(taken)
    expect(journal.dropped).to.equal(before + 4)
    await journal.close()
  })

  it('leaves one small file when all readings are settled', async () => {
    const { journal } = aJournal(folder, { megabytes: 1 })
    for (let first = 0; first < 3_000; first += 50) {
      await journal.append(journalReadings(first, 50, 500))
      journal.acknowledge(journal.take({ entries: 50, bytes: 100_000 }))
    }
    expect(journal.size).to.equal(0)
    expect(segmentsIn(folder).length).to.equal(1)
    expect(bytesIn(folder)).to.be.below(150_000)
    await journal.close()
  })

  it('keeps a batch within its byte limit, but takes one entry of any size', async () => {
    const { journal } = aJournal(folder)
    await journal.append(journalReadings(0, 1, 20_000))
    await journal.append(journalReadings(1, 3, 100))
    const limit = { entries: 9, bytes: 400 }
    expect(sequencesOf(journal.take(limit))).to.deep.equal([2, 3])
    expect(sequencesOf(journal.take(limit))).to.deep.equal([1])
    expect(sequencesOf(journal.take(limit))).to.deep.equal([0])
    expect(journal.take(limit)).to.deep.equal([])
    await journal.close()
  })

  it('moves an unknown file aside, logs this, and reuses no sequence', async () => {
    const segment = await createEarlierJournal(5)
    writeFileSync(segment, 'something else entirely\n')
    const clock = new ManualClock()
    const { journal, logged } = aJournal(folder, { clock })
    const [aside = ''] = readdirSync(folder).filter((name) => name.includes('unreadable'))
    expect(readFileSync(join(folder, aside), 'utf8')).to.equal('something else entirely\n')
    expect(logged.map(({ event }) => event)).to.deep.equal(['uplink-journal-unreadable'])
    expect(logged[0]?.reason).to.equal(
      `${segment} cannot be read (it has no valid journal header); it is kept as ${join(folder, aside)}.`,
    )
    expect(journal.nextSequence('V1')).to.equal(clock.now())
    await journal.append(journalReadings(clock.now(), 1))
    await journal.close()
    const again = aJournal(folder, { clock })
    expect(again.logged).to.deep.equal([])
    expect(again.journal.nextSequence('V1')).to.equal(clock.now() + 1)
    expect(again.journal.nextSequence('V2')).to.equal(clock.now())
    await again.journal.close()
  })

  it('sends the readable lines of a damaged file and keeps the file', async () => {
    const segment = await createEarlierJournal(5)
    const bytes = readFileSync(segment)
    bytes[bytes.indexOf('"sequence":2') + 3] = 0
    writeFileSync(segment, bytes)
    const { journal, logged } = aJournal(folder)
    expect(logged.map(({ event }) => event)).to.deep.equal(['uplink-journal-unreadable'])
    expect(pendingSequences(journal)).to.deep.equal([0, 1, 3, 4])
    journal.acknowledge(journal.take({ entries: 9, bytes: 10_000 }))
    await journal.append(journalReadings(9, 1))
    const [aside = ''] = readdirSync(folder).filter((name) => /unreadable-[^.]+\.\d+Z$/.test(name))
    expect(readFileSync(join(folder, aside))).to.deep.equal(bytes)
    await journal.close()
  })

  it('moves a file aside that has the path of its folder', async () => {
    writeFileSync(folder, 'mine')
    const { journal, logged } = aJournal(folder)
    expect(logged[0]?.reason).to.match(
      /cannot be read \(it is a file, not a folder\); it is kept as .*unreadable/,
    )
    const [aside = ''] = readdirSync(temporary.path).filter((name) => name.includes('unreadable'))
    expect(readFileSync(join(temporary.path, aside), 'utf8')).to.equal('mine')
    await journal.append(journalReadings(0, 1))
    expect(journal.unsaved).to.equal(0)
    await journal.close()
  })

  it('uses memory if its folder cannot be created, logs this, and reuses no sequence', async () => {
    writeFileSync(join(temporary.path, 'file'), '')
    const clock = new ManualClock()
    const { journal, logged } = aJournal(join(temporary.path, 'file', 'journal'), { clock })
    expect(logged.map(({ event }) => event)).to.deep.equal(['uplink-journal-unusable'])
    expect(journal.nextSequence('V1')).to.equal(clock.now())
    await journal.append(journalReadings(clock.now(), 3))
    expect([journal.size, journal.unsaved]).to.deep.equal([3, 3])
  })

  it('counts readings as dropped if their file is gone, and continues', async () => {
    const { journal, logged } = aJournal(folder)
    await journal.append(journalReadings(0, 3))
    for (const segment of segmentsIn(folder)) rmSync(segment)
    expect(journal.take({ entries: 9, bytes: 10_000 })).to.deep.equal([])
    expect([journal.size, journal.dropped]).to.deep.equal([0, 3])
    expect(logged.map(({ event }) => event)).to.deep.equal(['uplink-journal-unreadable'])
    await journal.append(journalReadings(3, 1))
    expect(pendingSequences(journal)).to.deep.equal([3])
    await journal.close()
  })

  it('keeps readings that are being written when their file is found missing', async () => {
    const { journal } = aJournal(folder)
    await journal.append(journalReadings(0, 3))
    const append = journal.append(journalReadings(3, 2))
    await Promise.resolve()
    for (const segment of segmentsIn(folder)) rmSync(segment)
    expect(journal.take({ entries: 9, bytes: 10_000 })).to.deep.equal([])
    await append
    expect([journal.size, journal.dropped]).to.deep.equal([2, 3])
    expect(pendingSequences(journal)).to.deep.equal([3, 4])
    await journal.close()
  })

  it('keeps readings of a temporarily unreadable file, logs this once, and takes them later', async () => {
    const { journal, logged } = aJournal(folder)
    await journal.append(journalReadings(0, 3))
    const [segment = ''] = segmentsIn(folder)
    const aside = join(temporary.path, 'aside')
    const all = { entries: 9, bytes: 10_000 }
    for (const times of [1, 2]) {
      renameSync(segment, aside)
      // Opening it fails with ELOOP, like EMFILE when a process has too many open files.
      symlinkSync(segment, segment)
      expect([journal.take(all), journal.take(all)]).to.deep.equal([[], []])
      expect([journal.waiting, journal.dropped]).to.deep.equal([3, 0])
      expect(logged.map(({ event }) => event)).to.deep.equal(
        Array.from({ length: times }, () => 'uplink-journal-held-up'),
      )
      renameSync(aside, segment)
      expect(pendingSequences(journal)).to.deep.equal([0, 1, 2])
    }
    await journal.close()
  })

  it('takes older readings while a newer file cannot be read', async () => {
    await createEarlierJournal(2)
    const { journal } = aJournal(folder)
    await journal.append(journalReadings(2, 2))
    const [, newer = ''] = segmentsIn(folder)
    rmSync(newer)
    symlinkSync(newer, newer)
    expect(pendingSequences(journal)).to.deep.equal([0, 1])
    expect([journal.size, journal.dropped]).to.deep.equal([4, 0])
    await journal.close()
  })

  for (const [how, change] of [
    ['become shorter', (path: string) => truncateSync(path, 100)],
    ['changed', (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  ] as const) {
    it(`counts readings as dropped if their file has ${how}, and keeps the file`, async () => {
      const { journal, logged } = aJournal(folder)
      await journal.append(journalReadings(0, 3))
      const [segment = ''] = segmentsIn(folder)
      change(segment)
      expect(journal.take({ entries: 9, bytes: 10_000 })).to.deep.equal([])
      expect([journal.size, journal.dropped]).to.deep.equal([0, 3])
      expect(logged[0]?.reason).to.include(`cannot be read (${segment} has ${how}); it is kept as`)
      await journal.close()
    })
  }

  it('throws JournalInUseError while another process uses the journal', async () => {
    const { journal } = aJournal(folder)
    expect(() => aJournal(folder)).to.throw(JournalInUseError, `in use by process ${process.pid},`)
    await journal.close()
    await aJournal(folder).journal.close()
  })

  it('opens a journal whose last process was killed', async () => {
    await aJournal(folder).journal.close()
    const child = spawn('sleep', ['60'])
    const { journal } = aJournal(folder)
    const name = readlinkSync(join(folder, 'lock'))
    await journal.close()
    // The pid of a running process, but with another start time.
    symlinkSync(name.replace(/^\d+/, String(child.pid)), join(folder, 'lock'))
    await aJournal(folder).journal.close()
    child.kill('SIGKILL')
    await once(child, 'close')
    symlinkSync(name.replace(/^\d+/, String(child.pid)), join(folder, 'lock'))
    const again = aJournal(folder)
    expect(again.logged).to.deep.equal([])
    await again.journal.close()
  })
})
