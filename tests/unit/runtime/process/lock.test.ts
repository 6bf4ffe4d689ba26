import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { releaseLock, takeLock } from '../../../../services/runtime/process/lock.mjs'
import type { ProcessIdentity } from '../../../../services/runtime/process/process-identity.ts'
import { identify } from '../../../../services/runtime/process/process-identity.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'
import { earlierStart } from './earlier-start.ts'

describe('takeLock', () => {
  const own = identify(process.pid)!
  let other: ChildProcess
  let running: ProcessIdentity
  let temporary: TemporaryFolder
  let lock: string

  before(() => {
    other = spawn('sleep', ['60'])
    running = identify(other.pid!)!
  })
  after(async () => {
    other.kill('SIGKILL')
    await once(other, 'close')
  })
  beforeEach(() => {
    temporary = new TemporaryFolder()
    lock = join(temporary.path, 'lock')
  })
  afterEach(() => temporary[Symbol.dispose]())

  const expectTaken = (): void => {
    expect(takeLock(lock)).to.equal(undefined)
    expect(readlinkSync(lock)).to.equal(`${own.pid} ${own.startedAt}`)
    expect(readdirSync(temporary.path)).to.deep.equal(['lock'])
  }

  it('takes a free lock and a released lock', () => {
    expectTaken()
    releaseLock(lock)
    expect(readdirSync(temporary.path)).to.deep.equal([])
    expectTaken()
  })

  it('returns the pid of this process if this process holds the lock', () => {
    expectTaken()
    expect(takeLock(lock)).to.equal(process.pid)
  })

  it('returns the pid of another running process that holds the lock', () => {
    symlinkSync(`${running.pid} ${running.startedAt}`, lock)
    expect(takeLock(lock)).to.equal(running.pid)
    expect(readdirSync(temporary.path)).to.deep.equal(['lock'])
  })

  it('takes the lock of a process that has ended', async () => {
    const child = spawn('sleep', ['60'])
    const { pid, startedAt } = identify(child.pid!)!
    child.kill('SIGKILL')
    await once(child, 'close')
    symlinkSync(`${pid} ${startedAt}`, lock)
    expectTaken()
  })

  for (const [about, name] of [
    ['a process whose pid was reused', `${own.pid} 1 a-boot`],
    ['a process of another boot', `${own.pid} ${earlierStart(own)} a-boot`],
    ['a pid without a start time', String(own.pid)],
    ['no process', 'nothing'],
  ] as const) {
    it(`takes a lock that names ${about}`, () => {
      symlinkSync(name, lock)
      expectTaken()
    })
  }

  it('throws if the folder of the lock does not exist', () => {
    expect(() => takeLock(join(temporary.path, 'nowhere', 'lock'))).to.throw('ENOENT')
  })

  const lockByFile = (holder: object | string): void =>
    writeFileSync(lock, typeof holder === 'string' ? holder : JSON.stringify(holder))
  const lockByFolder = (holder: string): void => {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), holder)
  }

  it('returns the holder of a lock file that the previous version left in a state folder', () => {
    lockByFile({ pid: running.pid, startedAt: earlierStart(running) })
    expect(takeLock(lock)).to.equal(running.pid)
  })

  it('returns the holder of a lock folder that the set-up of the previous version left', () => {
    lockByFolder(`${running.pid} ${earlierStart(running)}`)
    expect(takeLock(lock)).to.equal(running.pid)
    expect(readdirSync(lock)).to.deep.equal(['pid'])
  })

  for (const [about, leave] of [
    ['file of an ended process', () => lockByFile({ pid: running.pid, startedAt: '1' })],
    ['file that cannot be read', () => lockByFile('{')],
    ['folder of an ended process', () => lockByFolder(`${running.pid} 1`)],
    ['folder that names no process', () => lockByFolder('')],
    ['folder without a file', () => mkdirSync(lock)],
  ] as const) {
    it(`takes the lock ${about} that the previous version left`, () => {
      leave()
      expectTaken()
    })
  }
})
