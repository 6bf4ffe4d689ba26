import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ManualClock } from '../../../support/fleet-clock.ts'
import { aJournal, journalReadings, TemporaryFolder } from '../../../support/journals.ts'

describe('a journal whose disk comes back', () => {
  it('is on the disk again a second later, also where the clock was set back meanwhile', async () => {
    using home = new TemporaryFolder()
    const [folder, clock] = [join(home.path, 'journal'), new ManualClock()]
    const { journal, said } = aJournal(folder, { clock })
    rmSync(folder, { recursive: true })
    await journal.append(journalReadings(0, 1))
    expect(journal.unsaved).to.equal(1)
    clock.setBack(3_600_000)
    mkdirSync(folder)
    await clock.advance(1_000)
    await journal.append(journalReadings(1, 1))
    expect(journal.unsaved).to.equal(0)
    expect(said.map(({ event }) => event)).to.deep.equal([
      'uplink-journal-in-memory',
      'uplink-journal-on-disk',
    ])
  })
})
