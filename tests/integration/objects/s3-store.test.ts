import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import { createS3Client } from '../../../services/adapters/objects/s3-client.ts'
import { copyObject } from '../../../services/adapters/objects/s3-copy.ts'
import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import { findMoved } from '../../../services/worker/files/loading/moved-file.ts'
import { expectBrowsed } from '../../support/browsed-store.ts'
import { expectKeptOnItself } from '../../support/moved-onto-itself.ts'
import { expectUnfinishedRemoved } from '../../support/unfinished-uploads.ts'
import { until } from '../../support/until.ts'
import { findVersitygw, Versitygw } from '../../../scripts/platform/versitygw.ts'

const faultOf = async (call: () => Promise<unknown>): Promise<string> =>
  String(await call().catch((error: unknown) => error))

async function keysIn(store: S3Store, folder: string): Promise<string[]> {
  const keys: string[] = []
  for await (const one of store.list(folder)) if (one.kind === 'object') keys.push(one.object.key)
  return keys
}

describe('A bucket of an S3 server', function () {
  this.timeout(60_000)
  let server: Versitygw | undefined
  let store: S3Store

  before(async function () {
    const program = findVersitygw()
    // Neither versitygw nor Go, which builds it, is installed.
    if (program === undefined) this.skip()
    server = await Versitygw.start(program)
    store = new S3Store(server.settings)
    await store.makeFolders(['first'])
  })
  after(() => server?.[Symbol.asyncDispose]())

  it('browses files by their suffix, and subfolders', () => expectBrowsed(store))

  it('keeps an object that is moved onto itself', () => expectKeptOnItself(store))

  it('removes what interrupted uploads have left, and only that', () =>
    expectUnfinishedRemoved(store))

  const unfinishedIn = async (folder: string): Promise<string[]> => {
    const client = createS3Client(server!.settings)
    const keys: string[] = []
    for await (const { key } of client.listIncompleteUploads('etl', `${folder}/`, true))
      keys.push(String(key))
    return keys
  }

  it('copies a large object in parts, with its metadata, unless it was replaced', async () => {
    const client = createS3Client(server!.settings)
    const mebibyte = 1024 ** 2
    const content = randomBytes(12 * mebibyte)
    const from = await store.write('large/in/a+b.csv', content)
    const limits = { atOnce: 6 * mebibyte, part: 5 * mebibyte }
    const copy = { bucket: 'etl', from, metadata: { 'moved-from-etag': from.etag } }
    expect(await copyObject(client, { ...copy, toKey: 'large/done/a.csv' }, limits)).to.equal(true)
    const copied = await store.find('large/done/a.csv')
    expect(copied?.etag, 'it has three parts').to.match(/-3$/)
    expect((await store.readWhole(copied!))?.equals(content)).to.equal(true)
    const { metaData } = await client.statObject('etl', 'large/done/a.csv')
    expect(metaData).to.include({ 'moved-from-etag': from.etag })
    expect(await store.move(from, 'large/done/a.csv'), 'it is the copy of the source').to.equal(
      'moved',
    )
    await store.write('large/in/a+b.csv', Buffer.concat([content, content]))
    expect(await copyObject(client, { ...copy, toKey: 'large/done/b.csv' }, limits)).to.equal(false)
    expect(await store.find('large/done/b.csv')).to.equal(undefined)
    expect(await unfinishedIn('large/done')).to.deep.equal([])
  })

  it('ends interrupted uploads into its own folder, and none of other programs', async () => {
    const client = createS3Client(server!.settings)
    await client.initiateNewMultipartUpload('etl', '.incoming/one', {})
    await client.initiateNewMultipartUpload('etl', 'others/one', {})
    await store.removeUnfinished(new Date(Date.now() - 60_000))
    expect(await unfinishedIn('.incoming')).to.deep.equal(['.incoming/one'])
    await store.removeUnfinished(new Date(Date.now() + 60_000))
    expect(await unfinishedIn('.incoming')).to.deep.equal([])
    expect(await unfinishedIn('others')).to.deep.equal(['others/one'])
  })

  it('continues a move that was interrupted after the copy', async () => {
    await store.write('halfway/in/one.csv', Buffer.from('one'))
    const from = (await store.find('halfway/in/one.csv'))!
    // As after a crash before the delete.
    const time = from.modifiedAt.toISOString()
    const metadata = { 'moved-from-etag': from.etag, 'moved-from-time': time }
    const copy = { bucket: 'etl', from, toKey: 'halfway/done/one.csv', metadata }
    expect(await copyObject(createS3Client(server!.settings), copy)).to.equal(true)
    expect(await store.move(from, 'halfway/done/one.csv')).to.equal('moved')
    expect(await keysIn(store, 'halfway/in')).to.deep.equal([])
    expect(await keysIn(store, 'halfway/done')).to.deep.equal(['halfway/done/one.csv'])
  })

  it('finds a moved file at its target, unless another object is there', async () => {
    const place = 'refilled/in/one.csv'
    const from = await store.write(place, Buffer.from('one'))
    const found = (targetKey: string) =>
      findMoved({ ...from, place, processingKey: undefined, targetKey }, store)
    expect(await found('refilled/done/one.csv'), 'it is at its place').to.equal(undefined)
    expect(await store.move(from, 'refilled/done/one.csv')).to.equal('moved')
    const later = await store.write(place, Buffer.from('a new file'))
    const other = await store.write('refilled/done/other.csv', Buffer.from('other'))
    expect(await found('refilled/done/one.csv')).to.include({ key: 'refilled/done/one.csv' })
    expect(await found('refilled/done/other.csv')).to.equal(undefined)
    expect(await found('refilled/done/none.csv')).to.equal(undefined)
    expect(await store.find(place)).to.deep.equal(later)
    expect(await store.find(other.key)).to.deep.equal(other)
  })

  it('rejects if the content ends with an error, and stores nothing', async () => {
    const content = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000)
        await Promise.resolve()
        throw new Error('the client has disconnected')
      })(),
    )
    expect(await faultOf(() => store.write('broken/one.csv', content))).to.include('disconnected')
    expect(await keysIn(store, 'broken')).to.deep.equal([])
  })

  it('keeps the metadata of an object that is moved', async () => {
    const { settings } = server!
    const client = createS3Client(settings)
    const metadata = { 'Content-Type': 'text/csv', Origin: 'depot 7' }
    const size = Buffer.byteLength('id')
    await client.putObject(settings.bucket, 'meta/in/one.csv', Buffer.from('id'), size, metadata)
    const object = await store.find('meta/in/one.csv')
    expect(await store.move(object!, 'meta/done/one.csv')).to.equal('moved')
    const { metaData } = await client.statObject(settings.bucket, 'meta/done/one.csv')
    expect(metaData).to.include({ 'content-type': 'text/csv', origin: 'depot 7' })
  })

  it('keeps an equal object that is written again before a move is repeated', async () => {
    const content = Buffer.from('same content')
    const object = await store.write('again/in/one.csv', content)
    expect(await store.move(object, 'again/done/one.csv')).to.equal('moved')
    // S3 tells the time of an object in seconds.
    await until('it is written in a later second', async () => {
      const { modifiedAt } = await store.write(object.key, content)
      return modifiedAt.getTime() > object.modifiedAt.getTime()
    })
    expect(await store.move(object, 'again/done/one.csv')).to.equal('moved')
    expect(await keysIn(store, 'again/in')).to.deep.equal([object.key])
  })

  it('does not delete a new object that replaces the old one after the copy', async () => {
    const { settings } = server!
    const object = await store.write('late/in/one.csv', Buffer.from('old'))
    const client = createS3Client(settings)
    const key = { bucketName: settings.bucket, objectName: object.key }
    await store.write(object.key, Buffer.from('new content'))
    const headers = { 'if-match': `"${object.etag}"` }
    const remove = () => client.makeRequestAsync({ method: 'DELETE', ...key, headers })
    expect(await faultOf(remove)).to.match(/condition/i)
    expect(await keysIn(store, 'late/in')).to.deep.equal(['late/in/one.csv'])
  })

  it('reports that the bucket of another owner is missing, and does not create it', async () => {
    const other = new S3Store({ ...server!.settings, bucket: 'other' })
    const calls: readonly (() => Promise<unknown>)[] = [
      () => other.makeFolders(['inbox']),
      () => keysIn(other, 'inbox'),
      () => other.find('inbox/one.csv'),
    ]
    for (const call of calls)
      expect(await faultOf(call)).to.match(/The bucket http.*\/other does not exist/)
  })

  it('rejects with the reason while the server cannot be reached', async () => {
    const silent = new S3Store({ ...server!.settings, endpoint: new URL('http://127.0.0.1:1') })
    expect(await faultOf(() => silent.find('a'))).to.contain('ECONNREFUSED')
  })
})
