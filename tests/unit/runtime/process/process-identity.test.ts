import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import {
  identify,
  isAlive,
  signalGroup,
} from '../../../../services/runtime/process/process-identity.ts'
import { earlierStart } from './earlier-start.ts'

describe('identity of a process', () => {
  const own = identify(process.pid)!

  it('stays the same while the process runs', () => {
    expect(identify(process.pid)).to.deep.equal(own)
    expect(isAlive(own)).to.equal(true)
  })

  it('names the boot of the machine on Linux', () => {
    const form = process.platform === 'linux' ? /^\d+ [\da-f-]{36}$/ : /\d{4}$/
    expect(own.startedAt).to.match(form)
  })

  it('is known as the previous version wrote it', () => {
    expect(isAlive({ ...own, startedAt: earlierStart(own) })).to.equal(true)
  })

  for (const [about, startedAt] of [
    ['no start', ''],
    ['another start', '1'],
    ['another boot', `${earlierStart(own)} a-boot`],
    ['more than a start', `${own.startedAt} more`],
  ] as const) {
    it(`is that of no process with ${about}`, () => {
      expect(isAlive({ ...own, startedAt })).to.equal(false)
    })
  }

  it('ends with the process, which is signalled with its group', async () => {
    const child = spawn('sh', ['-c', 'sleep 60 & wait'], { detached: true })
    const identity = identify(child.pid!)!
    expect(isAlive(identity)).to.equal(true)
    expect(signalGroup(identity.pid, 'SIGKILL')).to.equal(true)
    // Both have ended when nothing holds the output any more.
    await once(child, 'close')
    expect(identify(identity.pid)).to.equal(undefined)
    expect(isAlive(identity)).to.equal(false)
  })

  it('cannot be signalled where there is no such process', () => {
    expect(signalGroup(2 ** 30, 'SIGTERM')).to.equal(false)
  })
})
