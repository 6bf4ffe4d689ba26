import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf, isRoot, makeFolders } from '../../infra/local/folders.ts'
import { toCommand } from '../../infra/local/commands.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import { copyForAll, initDatabase } from '../../infra/local/postgres-files.ts'
import { makeSecrets } from '../../infra/local/secrets.ts'
import { topologyOf } from '../../infra/topology/topology.ts'
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
    it(`created by root under umask ${umask.toString(8)} let other users only pass through to the data of Postgres`, function () {
      if (!isRoot()) this.skip()
      const folders = foldersOf(parent, join(parent, 'made', 'state'))
      underUmask(umask, () => {
        makeFolders(folders)
        makeSecrets(folders, toConfig({}))
      })
      const open = [join(parent, 'made'), folders.state, folders.data]
      expect(open.map(modeOf)).to.deep.equal(['755', '755', '711'])
      const closed = [folders.logs, folders.settings, folders.secrets]
      expect(closed.map(modeOf)).to.deep.equal(closed.map(() => '700'))
      const secrets = readdirSync(folders.secrets).sort()
      expect(secrets).to.deep.equal([
        ...['gateway', 'kafka', 'kafka-worker', 'operator', 'owner', 'pgpass', 'proxy', 'reader'],
        ...['worker', 'writer', 'zookeeper'],
      ])
      for (const name of secrets) expect(modeOf(join(folders.secrets, name)), name).to.equal('600')
    })
  }

  it('of an earlier version that other users can read are closed', () => {
    const folders = foldersOf(parent, join(parent, 'state'))
    const inState = [folders.data, folders.logs, folders.settings, folders.secrets]
    const ofServers = ['kafka-2', 'vehicles'].map((name) => join(folders.data, name))
    for (const folder of [folders.state, ...inState, ...ofServers])
      mkdirSync(folder, { mode: 0o755 })
    makeFolders(folders)
    expect(ofServers.map(modeOf)).to.deep.equal(['700', '700'])
    const data = isRoot() ? '711' : '700'
    expect(inState.map(modeOf)).to.deep.equal([data, '700', '700', '700'])
  })

  it('contain the data of each server and service in a folder that only its user can enter', () => {
    const folders = foldersOf(parent, join(parent, 'state'))
    makeFolders(folders)
    const config = toConfig({})
    makeSecrets(folders, config)
    const { stages } = topologyOf(config, localPlacement(config, folders), 0)
    const plans = stages.flat().filter(({ role }) => role !== 'postgres')
    mkdirSync(join(folders.data, 'kafka-0'), { mode: 0o755 })
    const postgres = { programs: '/programs', data: '/data', user: undefined }
    for (const plan of plans) toCommand(plan, { folders, java: 'java', postgres })
    const modes = readdirSync(folders.data).map((name) => [name, modeOf(join(folders.data, name))])
    expect(Object.fromEntries(modes)).to.include({ 'kafka-0': '700', 'zookeeper-0': '700' })
    for (const [name, mode] of modes) expect(mode, name).to.equal('700')
  })

  it('keep their passwords, and get a new one for a file that is empty', () => {
    const folders = foldersOf(parent, join(parent, 'state'))
    makeFolders(folders)
    makeSecrets(folders, toConfig({}))
    const contentOf = (name: string) => readFileSync(join(folders.secrets, name), 'utf8')
    const kept = contentOf('owner')
    writeFileSync(join(folders.secrets, 'kafka'), '')
    makeSecrets(folders, toConfig({}))
    expect(contentOf('owner')).to.equal(kept)
    expect(contentOf('kafka')).to.match(/^[\w-]{32}$/)
    expect(modeOf(join(folders.secrets, 'kafka'))).to.equal('600')
  })

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

  it('are not created through a symbolic link of another user', function () {
    if (!isRoot()) this.skip()
    const [target, link] = [join(parent, 'target'), join(parent, 'state')]
    mkdirSync(target)
    symlinkSync(target, link)
    lchownSync(link, unprivilegedUid, unprivilegedUid)
    expect(faultOf(foldersOf(parent, link))).to.match(/belongs to user \d+, but you are user 0\./)
    expect(readdirSync(target)).to.deep.equal([])
    lchownSync(link, 0, 0)
    expect(faultOf(foldersOf(parent, link))).to.equal('')
  })

  it('are not created in a state folder in which all users can write', () => {
    const folders = foldersOf(parent, join(parent, 'state'))
    mkdirSync(folders.state)
    chmodSync(folders.state, 0o1777)
    expect(faultOf(folders)).to.equal(
      `UserError: All users can write in the state folder ${folders.state}. Change that (chmod o-w), or set AV_TELEMETRY_HOME to another folder.`,
    )
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
