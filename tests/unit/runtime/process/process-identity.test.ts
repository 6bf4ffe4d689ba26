import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import {
  identify,
  isAlive,
  signalGroup,
} from '../../../../services/runtime/process/process-identity.ts'
import { earlierStart } from './earlier-start.ts'

describe('ProcessIdentity', () => {
  const own = identify(process.pid)!

  it('stays the same while the process runs', () => {
    expect(identify(process.pid)).to.deep.equal(own)
    expect(isAlive(own)).to.equal(true)
  })

  it('contains the boot id on Linux', () => {
    const form = process.platform === 'linux' ? /^\d+ [\da-f-]{36}$/ : /\d{4}$/
    expect(own.startedAt).to.match(form)
  })

  it('is recognized in the format of the previous version', () => {
    expect(isAlive({ ...own, startedAt: earlierStart(own) })).to.equal(true)
  })

  for (const [about, startedAt] of [
    ['an empty start time', ''],
    ['another start time', '1'],
    ['another boot id', `${earlierStart(own)} a-boot`],
    ['text after the start time', `${own.startedAt} more`],
  ] as const) {
    it(`isAlive returns false for ${about}`, () => {
      expect(isAlive({ ...own, startedAt })).to.equal(false)
    })
  }

  it('isAlive returns false after signalGroup has killed the process and its group', async () => {
    const child = spawn('sh', ['-c', 'sleep 60 & wait'], { detached: true })
    const identity = identify(child.pid!)!
    expect(isAlive(identity)).to.equal(true)
    expect(signalGroup(identity.pid, 'SIGKILL')).to.equal(true)
    // The close event means that both processes have ended, because the output is closed.
    await once(child, 'close')
    expect(identify(identity.pid)).to.equal(undefined)
    expect(isAlive(identity)).to.equal(false)
  })

  it('signalGroup returns false for a pid that does not exist', () => {
    expect(signalGroup(2 ** 30, 'SIGTERM')).to.equal(false)
  })
})
