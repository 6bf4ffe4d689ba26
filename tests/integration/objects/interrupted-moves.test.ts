import { createHash } from 'node:crypto'
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import type { StoredObject } from '../../../services/adapters/objects/object-store.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const [from, to] = ['in/a.csv', 'out/a.csv']

/** Each test makes the state that a crash between two steps of a move leaves, and repeats the move. */
describe('A move in a folder that was interrupted', () => {
  let folder: TemporaryFolder
  let store: FolderStore
  let object: StoredObject
  /** The name that the file has during the move. */
  let parked: string

  beforeEach(async () => {
    folder = new TemporaryFolder()
    store = new FolderStore(folder.path)
    object = await store.write(from, Buffer.from('old'))
    parked = parkedPath(from, object.etag)
  })
  afterEach(() => folder[Symbol.dispose]())

  const parkedPath = (...move: readonly string[]): string => {
    const id = createHash('sha256').update(JSON.stringify(move)).digest('hex')
    return join(folder.path, '.unfinished', `move-${id}`)
  }
  const contentOf = (key: string): string | undefined => {
    const path = join(folder.path, key)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  const contents = () => ({
    source: contentOf(from),
    target: contentOf(to),
    isParked: existsSync(parked),
  })

  it('continues after the file got its name for the move', async () => {
    renameSync(join(folder.path, from), parked)
    expect(await store.move(object, to)).to.equal('moved')
    expect(contents()).to.deep.equal({ source: undefined, target: 'old', isParked: false })
  })

  it('continues with the new target if the target has changed in the meantime', async () => {
    renameSync(join(folder.path, from), parked)
    expect(await store.move(object, 'new/a.csv')).to.equal('moved')
    expect(contentOf('new/a.csv')).to.equal('old')
    expect(contents()).to.deep.equal({ source: undefined, target: undefined, isParked: false })
  })

  it('continues after an upgrade from a version that gave the file another name', async () => {
    const earlier = parkedPath(from, object.etag, to)
    renameSync(join(folder.path, from), earlier)
    expect(await store.move(object, to)).to.equal('moved')
    expect(contents()).to.deep.equal({ source: undefined, target: 'old', isParked: false })
    expect(existsSync(earlier)).to.equal(false)
  })

  it('gives the file its name again if another file has taken the target meanwhile', async () => {
    renameSync(join(folder.path, from), parked)
    await store.write(to, Buffer.from('other'))
    expect(await store.move(object, to)).to.equal('taken')
    expect(contents()).to.deep.equal({ source: 'old', target: 'other', isParked: false })
  })

  it('does not move a file that had replaced the object', async () => {
    writeFileSync(join(folder.path, from), 'new content')
    renameSync(join(folder.path, from), parked)
    expect(await store.move(object, to)).to.equal('missing')
    expect(contents()).to.deep.equal({ source: 'new content', target: undefined, isParked: false })
  })

  it('leaves the file in one place after it got its name again', async () => {
    linkSync(join(folder.path, from), parked)
    expect(await store.move(object, to)).to.equal('moved')
    expect(contents()).to.deep.equal({ source: undefined, target: 'old', isParked: false })
  })

  it('keeps a new file that has the name of the object meanwhile', async () => {
    renameSync(join(folder.path, from), parked)
    await store.write(from, Buffer.from('new content'))
    expect(await store.move(object, to)).to.equal('moved')
    expect(contents()).to.deep.equal({ source: 'new content', target: 'old', isParked: false })
  })

  it('leaves each file exactly once if two processes move it to the same target', async () => {
    for (let round = 0; round < 200; round += 1) {
      const [one, other] = [`in/${round}.csv`, `out/${round}.csv`]
      const file = await store.write(one, Buffer.from(String(round)))
      const second = new FolderStore(folder.path)
      const first = store.move(file, other)
      // Each round begins the second move at another step of the first one.
      for (let turn = 0; turn < round % 25; turn += 1) await setImmediate()
      const outcomes = await Promise.all([first, second.move(file, other)])
      expect(outcomes).to.include('moved').and.not.include('taken')
      expect([contentOf(one), contentOf(other)]).to.deep.equal([undefined, String(round)])
    }
    expect(readdirSync(join(folder.path, '.unfinished'))).to.deep.equal([])
  })
})
