import { expect } from 'chai'
import { Readable } from 'node:stream'
import type {
  ByteRange,
  Listed,
  ObjectStore,
  StoredObject,
} from '../../../services/adapters/objects/object-store.ts'

async function contentOf(
  store: ObjectStore,
  object: StoredObject,
  range?: ByteRange,
): Promise<string | undefined> {
  const stream = await store.read(object, range)
  if (stream === undefined) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export async function listed(store: ObjectStore, folder: string): Promise<Listed[]> {
  const found: Listed[] = []
  for await (const one of store.list(folder)) found.push(one)
  return found
}

export async function keysIn(store: ObjectStore, folder: string): Promise<string[]> {
  return (await listed(store, folder)).map((one) =>
    one.kind === 'object' ? one.object.key : `unusable: ${one.unusable.name}`,
  )
}

export const faultOf = async (call: () => Promise<unknown>): Promise<string> =>
  String(await call().catch((error: unknown) => error))

/** Tests that each kind of store passes. */
export function behavesAsStore(open: () => ObjectStore): void {
  let store: ObjectStore
  const write = (key: string, text: string) => store.write(key, Buffer.from(text))

  before(() => {
    store = open()
  })

  it('stores an object and describes it by size and time', async () => {
    const before = Date.now()
    const written = await write('a/one.csv', 'id\n1\n')
    expect(written).to.include({ key: 'a/one.csv', size: 5 })
    expect(written.modifiedAt.getTime()).to.be.within(before - 2_000, Date.now() + 2_000)
    expect(await store.find('a/one.csv')).to.deep.equal(written)
    expect(await contentOf(store, written)).to.equal('id\n1\n')
  })

  it('stores a stream of several megabytes', async () => {
    const line = `${'x'.repeat(1_023)}\n`
    const lines = Readable.from(Array.from({ length: 12_000 }, () => Buffer.from(line)))
    const written = await store.write('a/large.txt', lines)
    expect(written.size).to.equal(12_000 * 1_024)
    expect(await contentOf(store, written)).to.equal(line.repeat(12_000))
  })

  it('stores an empty object', async () => {
    const written = await write('a/empty.csv', '')
    expect(written.size).to.equal(0)
    expect(await contentOf(store, written)).to.equal('')
  })

  it('lists the files of a folder in the order of their bytes, without its subfolders', async () => {
    const names = ['z.csv', 'B.csv', 'a.csv', 'é.csv', '10.csv', '9.csv']
    for (const name of names) await write(`list/${name}`, name)
    await write('list/sub/inner.csv', 'inner')
    await write('list2/other.csv', 'other')
    expect(await keysIn(store, 'list')).to.deep.equal(
      ['10.csv', '9.csv', 'B.csv', 'a.csv', 'z.csv', 'é.csv'].map((name) => `list/${name}`),
    )
  })

  it('lists objects as find describes them', async () => {
    await write('described/one.csv', 'one')
    const [one] = await listed(store, 'described')
    const found = await store.find('described/one.csv')
    if (one?.kind !== 'object') throw new Error('nothing is listed')
    expect({ ...one.object, modifiedAt: 0 }).to.deep.equal({ ...found, modifiedAt: 0 })
  })

  it('lists more than a thousand files', async () => {
    const names = Array.from(
      { length: 1_100 },
      (_, index) => `many/${String(index).padStart(4, '0')}`,
    )
    await Promise.all(names.map((name) => write(name, '')))
    expect(await keysIn(store, 'many')).to.deep.equal(names)
  })

  it('find returns undefined and list returns no files for names that do not exist', async () => {
    expect(await keysIn(store, 'nowhere')).to.deep.equal([])
    expect(await store.find('nowhere/none.csv')).to.equal(undefined)
    expect(await store.find('a')).to.equal(undefined)
    await store.remove('nowhere/none.csv')
  })

  it('shows folders that have no files yet as empty', async () => {
    await store.makeFolders(['made/01_inbox', 'made/03_archive'])
    await store.makeFolders(['made/01_inbox'])
    expect(await keysIn(store, 'made/01_inbox')).to.deep.equal([])
    await write('made/01_inbox/one.csv', 'one')
    expect(await keysIn(store, 'made/01_inbox')).to.deep.equal(['made/01_inbox/one.csv'])
  })

  const hostileNames = [
    ' leading and trailing space ',
    'new\nline.csv',
    'tab\there.csv',
    'quote"\'`.csv',
    'back\\slash.csv',
    '100%25.csv',
    'a+b&c=d?e#f.csv',
    '<tag>&amp;.csv',
    '-rf',
    '123',
    '0x10',
    'true',
    'e\u0301.csv',
    '\u00e9.csv',
    '汽车🚗.csv',
    `${'n'.repeat(251)}.csv`,
  ]

  it('keeps names with spaces, quotes, line breaks and other special characters', async () => {
    for (const name of hostileNames) await write(`names/${name}`, name)
    const keys = hostileNames.map((name) => `names/${name}`)
    expect(await keysIn(store, 'names')).to.have.members(keys)
    for (const key of keys) {
      const object = await store.find(key)
      if (object === undefined) throw new Error(`${key} is not found`)
      expect(await contentOf(store, object), key).to.equal(key.slice('names/'.length))
      expect(await store.move(object, `moved/${key}`), key).to.equal('moved')
    }
    expect(await keysIn(store, 'names')).to.deep.equal([])
    expect(await keysIn(store, 'moved/names')).to.have.members(keys.map((key) => `moved/${key}`))
  })

  for (const key of [
    '',
    '/a',
    'a/',
    'a//b',
    '../a',
    'a/../b',
    './a',
    'a\0b',
    'x'.repeat(256),
    'y/'.repeat(600) + 'y',
    '\ud800.csv',
  ]) {
    it(`refuses the key ${JSON.stringify(key.slice(0, 20))} (${key.length} characters) with a sentence`, async () => {
      const error = await store.write(key, Buffer.from('x')).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(RangeError)
      expect((error as Error).message).to.match(/^Unusable key .*: .+\.$/s)
    })
  }

  it('reads an object or a range of it, unless it was replaced since it was listed', async () => {
    const old = await write('replaced.csv', 'old content')
    expect(await contentOf(store, old, { begin: 4, end: 7 })).to.equal('con')
    const current = await write('replaced.csv', 'new content')
    expect(await store.read(old)).to.equal(undefined)
    expect(await store.read(old, { begin: 0, end: 1 })).to.equal(undefined)
    expect(await contentOf(store, current)).to.equal('new content')
  })

  it('moves an object once, also if the move is repeated', async () => {
    const object = await write('move/in/one.csv', 'one')
    expect(await store.move(object, 'move/done/one.csv')).to.equal('moved')
    expect(await store.move(object, 'move/done/one.csv')).to.equal('moved')
    expect(await keysIn(store, 'move/in')).to.deep.equal([])
    const moved = await store.find('move/done/one.csv')
    if (moved === undefined) throw new Error('the target is not found')
    expect(await contentOf(store, moved)).to.equal('one')
  })

  it('never overwrites the target of a move', async () => {
    const object = await write('taken/in/one.csv', 'one')
    const other = await write('taken/done/one.csv', 'other')
    expect(await store.move(object, 'taken/done/one.csv')).to.equal('taken')
    expect(await contentOf(store, object)).to.equal('one')
    expect(await contentOf(store, other)).to.equal('other')
  })

  it('does not move an object that was replaced since it was listed', async () => {
    const old = await write('changed/in/one.csv', 'old')
    const current = await write('changed/in/one.csv', 'new content')
    expect(await store.move(old, 'changed/done/one.csv')).to.equal('missing')
    expect(await contentOf(store, current)).to.equal('new content')
    expect(await keysIn(store, 'changed/done')).to.deep.equal([])
  })

  it('moves files of the same content one by one', async () => {
    const first = await write('same/in/one.csv', 'same')
    expect(await store.move(first, 'same/done/one.csv')).to.equal('moved')
    const second = await write('same/in/one.csv', 'same')
    expect(await store.move(second, 'same/done/one.2.csv')).to.equal('moved')
    expect(await keysIn(store, 'same/done')).to.deep.equal([
      'same/done/one.2.csv',
      'same/done/one.csv',
    ])
  })

  it('removes an object', async () => {
    await write('removed.csv', 'x')
    await store.remove('removed.csv')
    expect(await store.find('removed.csv')).to.equal(undefined)
  })
}
