import { expect } from 'chai'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { findVersitygw, Versitygw } from '../../../scripts/platform/versitygw.ts'
import { behavesAsStore, faultOf, keysIn, listed } from './behaves-as-store.ts'

describe('Object store', function () {
  this.timeout(60_000)

  describe('in a folder', () => {
    let folder: TemporaryFolder
    before(() => {
      folder = new TemporaryFolder()
      mkdirSync(join(folder.path, 'bucket'))
    })
    after(() => folder[Symbol.dispose]())

    behavesAsStore(() => new FolderStore(join(folder.path, 'bucket')))

    it('says what is wrong with names that cannot be keys, and with links', async () => {
      const bucket = join(folder.path, 'bucket')
      mkdirSync(join(bucket, 'odd'))
      writeFileSync(
        Buffer.concat([Buffer.from(join(bucket, 'odd', 'latin-')), Buffer.from([0xe9])]),
        'x',
      )
      symlinkSync('/etc/hostname', join(bucket, 'odd', 'link.csv'))
      const store = new FolderStore(bucket)
      expect(await listed(store, 'odd')).to.deep.equal([
        {
          kind: 'unusable',
          unusable: { name: 'latin-\ufffd', problem: 'The name is not valid UTF-8.' },
        },
        {
          kind: 'unusable',
          unusable: {
            name: 'link.csv',
            problem: 'It is not a regular file but a link or a device.',
          },
        },
      ])
      expect(await store.find('odd/link.csv')).to.equal(undefined)
    })

    it('does not list files that are being written', async () => {
      const store = new FolderStore(folder.path)
      const content = new Readable({ read: () => undefined })
      const writing = store.write('inbox/slow.csv', content)
      content.push('first line\n')
      expect(await keysIn(store, 'inbox')).to.deep.equal([])
      content.push(null)
      await writing
      expect(await keysIn(store, 'inbox')).to.deep.equal(['inbox/slow.csv'])
    })

    it('continues a move that failed halfway', async () => {
      const bucket = join(folder.path, 'halfway')
      mkdirSync(bucket)
      const store = new FolderStore(bucket)
      const object = await store.write('inbox/one.csv', Buffer.from('one'))
      // A file has the name of the target's folder.
      writeFileSync(join(bucket, 'done'), '')
      expect(await store.move(object, 'done/one.csv').catch(() => 'failed')).to.equal('failed')
      rmSync(join(bucket, 'done'))
      expect(await store.move(object, 'done/one.csv')).to.equal('moved')
      expect(await keysIn(store, 'inbox')).to.deep.equal([])
      expect(await keysIn(store, 'done')).to.deep.equal(['done/one.csv'])
      expect(await keysIn(store, '.unfinished')).to.deep.equal([])
    })

    it('rejects, and makes no new folder, while the folder of the bucket is away', async () => {
      const [bucket, away] = [join(folder.path, 'moved'), join(folder.path, 'away')]
      mkdirSync(bucket)
      const store = new FolderStore(bucket)
      const object = await store.write('inbox/one.csv', Buffer.from('one'))
      renameSync(bucket, away)
      const calls: readonly (() => Promise<unknown>)[] = [
        () => keysIn(store, 'inbox'),
        () => store.find('inbox/one.csv'),
        () => store.makeFolders(['inbox']),
        () => store.write('inbox/two.csv', Buffer.from('two')),
        () => store.move(object, 'done/one.csv'),
      ]
      for (const call of calls) expect(await faultOf(call)).to.match(/moved.* does not exist/)
      renameSync(away, bucket)
      expect(await store.move(object, 'done/one.csv')).to.equal('moved')
    })

    it('leaves nothing of a write that fails', async () => {
      const store = new FolderStore(folder.path)
      const content = new Readable({ read: () => undefined })
      const writing = store.write('broken/one.csv', content)
      content.destroy(new Error('the connection ended'))
      expect(String(await writing.catch((error: unknown) => error))).to.contain(
        'the connection ended',
      )
      expect(await keysIn(store, 'broken')).to.deep.equal([])
      expect(await keysIn(store, '.unfinished')).to.deep.equal([])
    })
  })

  describe('on versitygw', () => {
    let server: Versitygw | undefined
    let store: S3Store
    before(async function () {
      const program = findVersitygw()
      if (program === undefined) {
        // Neither versitygw nor Go, which builds it, is installed.
        this.skip()
      }
      server = await Versitygw.start(program)
      store = new S3Store(server.settings)
      await store.makeFolders(['first'])
    })
    after(() => server?.[Symbol.asyncDispose]())

    behavesAsStore(() => store)
  })
})
