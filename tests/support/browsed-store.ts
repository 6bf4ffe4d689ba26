import { expect } from 'chai'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'

/** A test that each kind of store passes: files by their suffix, and subfolders. */
export async function expectBrowsed(store: ObjectStore): Promise<void> {
  const keys = ['top.toml', 'browse/a.toml', 'browse/b.csv', 'browse/.c.toml']
  for (const key of [...keys, 'browse/sub 1/d.toml', 'browse/.hidden/e.toml'])
    await store.write(key, Buffer.from(key))
  const { objects, folders } = await store.browse('browse', '.toml')
  expect(objects.map(({ key }) => key)).to.deep.equal(['browse/a.toml'])
  expect(objects[0]?.etag).to.equal((await store.find('browse/a.toml'))?.etag)
  expect(folders).to.deep.equal(['browse/sub 1'])
  const top = await store.browse('', '.toml')
  expect(top.objects.map(({ key }) => key)).to.deep.equal(['top.toml'])
  expect(top.folders).to.include('browse').and.not.include('browse/sub 1')
  const none = await store.browse('nowhere', '.toml')
  expect(none).to.deep.equal({ objects: [], folders: [] })
}
