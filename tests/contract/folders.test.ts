import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, isRoot, makeFolders } from '../../infra/local/folders.ts'
import { copyForAll, initDatabase } from '../../infra/local/postgres-files.ts'
import { makeSecrets } from '../../infra/local/secrets.ts'
import { asUnprivilegedUser, unprivilegedUid } from '../support/unprivileged-user.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

/** The error of makeFolders; empty on success. */
function faultOf(folders: Folders): string {
  try {
    makeFolders(folders)
    return ''
  } catch (error) {
    return String(error)
  }
}

/** Runs the function under this umask and checks that it does not change the umask. */
function underUmask(umask: number, run: () => void): void {
  const before = process.umask(umask)
  try {
    run()
  } finally {
    expect(process.umask(before)).to.equal(umask)
  }
}

describe('folders of a local platform', () => {
  let parent: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'av-telemetry-folders-'))
  })
  afterEach(() => {
    rmSync(parent, { recursive: true })
  })

  for (const umask of [0o000, 0o022, 0o027, 0o077]) {
    it(`created by root under umask ${umask.toString(8)} let other users enter the data, but not the secrets`, function () {
      if (!isRoot()) this.skip()
      const folders = foldersOf(parent, join(parent, 'made', 'state'))
      underUmask(umask, () => {
        makeFolders(folders)
        makeSecrets(folders, toConfig({}))
      })
      const open = [join(parent, 'made'), folders.state, folders.data, folders.logs]
      expect(open.map(modeOf)).to.deep.equal(open.map(() => '755'))
      expect(modeOf(folders.secrets)).to.equal('700')
      const secrets = readdirSync(folders.secrets).sort()
      expect(secrets).to.deep.equal(['owner', 'pgpass', 'reader', 'writer'])
      for (const name of secrets) expect(modeOf(join(folders.secrets, name)), name).to.equal('600')
    })
  }

  it('created by a user other than root follow the umask', async () => {
    chmodSync(parent, 0o777)
    const folders = foldersOf(parent, join(parent, 'state'))
    const make = (): void => {
      underUmask(0o077, () => {
        makeFolders(folders)
      })
    }
    await asUnprivilegedUser(make)
    expect([folders.state, folders.data].map(modeOf)).to.deep.equal(['700', '700'])
  })

  it('are not changed when the state folder belongs to another user', async function () {
    if (!isRoot()) this.skip()
    const folders = foldersOf(parent, join(parent, 'state'))
    mkdirSync(folders.state)
    const sentence = (owner: number, self: number) =>
      `UserError: The state folder ${folders.state} belongs to user ${owner}, but you are user ${self}. Start as that user, or set AV_TELEMETRY_HOME to another folder.`
    chmodSync(parent, 0o755)
    expect(await asUnprivilegedUser(() => faultOf(folders))).to.equal(sentence(0, unprivilegedUid))
    chownSync(folders.state, unprivilegedUid, unprivilegedUid)
    expect(faultOf(folders)).to.equal(sentence(unprivilegedUid, 0))
    expect(readdirSync(folders.state)).to.deep.equal([])
  })

  it('cause an error when the user may not create them', async function () {
    if (!isRoot()) this.skip()
    const folders = foldersOf(parent, join(parent, 'state'))
    for (const mode of [0o755, 0o700]) {
      chmodSync(parent, mode)
      expect(await asUnprivilegedUser(() => faultOf(folders))).to.match(
        /^UserError: The state folder \S+ cannot be created \(EACCES: .*\)\. Set AV_TELEMETRY_HOME to a folder that you can write\.$/,
      )
    }
  })

  it('are named in the error when their permissions may have made initdb fail', async function () {
    if (!isRoot()) this.skip()
    const folders = foldersOf(parent, join(parent, 'state'))
    makeFolders(folders)
    makeSecrets(folders, toConfig({}))
    chmodSync(folders.state, 0o750)
    const programs = join(parent, 'programs')
    mkdirSync(join(programs, 'bin'), { recursive: true })
    writeFileSync(join(programs, 'bin', 'initdb'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const fault = await initDatabase(folders, programs, { uid: 0, gid: 0 }).catch(String)
    expect(fault).to.match(/^UserError: initdb failed: Command failed/)
    expect(fault.slice(fault.lastIndexOf('\n') + 1)).to.equal(
      `Postgres does not run as root. Let other users enter ${parent}, ${folders.state} (chmod go+x), or set AV_TELEMETRY_HOME to another folder.`,
    )
  })

  it('contain Postgres programs that every user can run, even if only one user could run the originals', () => {
    const [from, to] = [join(parent, 'installed'), join(parent, 'copy')]
    mkdirSync(join(from, 'bin'), { recursive: true })
    writeFileSync(join(from, 'bin', 'postgres'), '')
    writeFileSync(join(from, 'postgres.bki'), '')
    chmodSync(join(from, 'postgres.bki'), 0o600)
    for (const path of ['bin/postgres', 'bin', '.']) chmodSync(join(from, path), 0o700)
    copyForAll(from, to)
    const copied = ['.', 'bin', 'bin/postgres', 'postgres.bki'].map((path) => join(to, path))
    expect(copied.map(modeOf)).to.deep.equal(['755', '755', '755', '644'])
  })
})
