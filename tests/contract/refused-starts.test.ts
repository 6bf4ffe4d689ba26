import { chmodSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { claimFolders, foldersOf, isRoot } from '../../infra/local/folders.ts'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { runToRefusal } from '../support/refused-command.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { asUnprivilegedUser } from '../support/unprivileged-user.ts'

describe('a command on a machine where it cannot run', function () {
  this.timeout(60_000)
  const bootstrap = 'node scripts/bootstrap.mjs'

  for (const [command, needed] of [
    ['start', 1024],
    ['status', 256],
  ] as const) {
    it(`${command} names the number of file descriptors that it needs`, () => {
      const { code, lines } = runToRefusal(`sh -c "ulimit -n 64; exec ${bootstrap} ${command}"`)
      expect({ code, lines }).to.deep.equal({
        code: 2,
        lines: [
          `This command needs ${needed} file descriptors, but the limit is 64; run ulimit -n ${needed} in a new shell, then run the command again.`,
        ],
      })
    })
  }

  // Below /proc the system answers ENOENT to every mkdir.
  for (const [command, state, problem] of [
    ['start', '/proc/av-state', 'created'],
    ['verify', '/proc/av-state/verify', 'created'],
    ['fleet --in process', '/proc/av-state', 'used'],
  ] as const) {
    it(`${command} refuses a state folder below /proc`, () => {
      const env = { AV_TELEMETRY_HOME: '/proc/av-state' }
      const { code, lines } = runToRefusal(`${bootstrap} ${command}`, env)
      expect(lines.at(-1)).to.equal(
        `The state folder ${state} cannot be ${problem} (ENOENT: no such file or directory, mkdir '/proc/av-state'). Set AV_TELEMETRY_HOME to a folder that you can write.`,
      )
      expect(code).to.equal(2)
    })
  }

  it('start refuses a state folder below a file', () => {
    const env = { AV_TELEMETRY_HOME: '/etc/hostname/state' }
    const { code, lines } = runToRefusal(`${bootstrap} start`, env)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.match(/^The state folder \S+ cannot be created \(EEXIST: /)
    expect(code).to.equal(2)
  })
})

describe('a state folder', () => {
  let temporary: TemporaryFolder
  beforeEach(() => {
    temporary = new TemporaryFolder()
    chmodSync(temporary.path, 0o777)
  })
  afterEach(() => temporary[Symbol.dispose]())

  const faultOf = (state: string): string => {
    try {
      claimFolders(foldersOf(temporary.path, state))
      return ''
    } catch (error) {
      return String(error)
    }
  }

  it('that cannot be locked is refused', async function () {
    if (!isRoot()) this.skip()
    const state = join(temporary.path, 'state')
    await asUnprivilegedUser(() => {
      for (const name of ['data', 'logs', 'settings', 'secrets']) makePath(join(state, name))
    })
    chmodSync(state, 0o555)
    expect(await asUnprivilegedUser(() => faultOf(state))).to.match(
      /^UserError: The state folder \S+ cannot be locked \(EACCES: .*\)\. Set AV_TELEMETRY_HOME to a folder that you can write\.$/,
    )
  })

  it('that cannot be created completely is removed again', () => {
    const name = 'x'.repeat(200)
    const tooLong = join(temporary.path, ...Array.from({ length: 30 }, () => name))
    expect(faultOf(tooLong)).to.match(/cannot be created \(ENAMETOOLONG: /)
    expect(() => makePath(join(temporary.path, 'made', 'y'.repeat(300)))).to.throw('ENAMETOOLONG')
    expect(readdirSync(temporary.path)).to.deep.equal([])
  })
})
