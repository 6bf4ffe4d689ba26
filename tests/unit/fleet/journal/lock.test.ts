import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { JournalInUseError } from '../../../../fleet/journal/journal-in-use-error.ts'
import { aJournal } from '../../../support/journals.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

const { readlinkSync, renameSync, rmSync, symlinkSync } = fs
const real = { readlinkSync, renameSync, symlinkSync }

/** Creates the lock of a process that has ended. */
const stale = '999999999 1 some-boot'

function replace(calls: Partial<Record<keyof typeof real, unknown>>): void {
  Object.assign(fs, calls)
  syncBuiltinESMExports()
}

/** Runs an action of another process once, immediately before this process makes the call. */
function before(call: keyof typeof real, act: () => void): void {
  replace({
    [call]: (...paths: [string, string]) => {
      replace(real)
      act()
      return real[call](...paths)
    },
  })
}

describe('journal lock with two competing processes', () => {
  let temporary: TemporaryFolder
  let folder: string
  let lock: string
  /** The lock content for this process, as an example of a running process. */
  let alive: string

  beforeEach(async () => {
    temporary = new TemporaryFolder()
    folder = join(temporary.path, 'journal')
    lock = join(folder, 'lock')
    const { journal } = aJournal(folder)
    alive = readlinkSync(lock)
    await journal.close()
    symlinkSync(stale, lock)
  })
  afterEach(() => {
    replace(real)
    temporary[Symbol.dispose]()
  })

  it('is acquired if it disappears before it is read', async () => {
    before('readlinkSync', () => rmSync(lock))
    const { journal, logged } = aJournal(folder)
    expect(logged).to.deep.equal([])
    expect(readlinkSync(lock)).to.equal(alive)
    await journal.close()
  })

  it('is reported as in use if the other process removed the stale lock first', () => {
    before('renameSync', () => {
      rmSync(lock)
      before('symlinkSync', () => symlinkSync(alive, lock))
    })
    expect(() => aJournal(folder)).to.throw(JournalInUseError)
  })

  it('is reported as in use if the other process replaced the stale lock', () => {
    before('renameSync', () => {
      rmSync(lock)
      symlinkSync(alive, lock)
    })
    expect(() => aJournal(folder)).to.throw(JournalInUseError)
    expect(readlinkSync(lock)).to.equal(alive)
  })
})
