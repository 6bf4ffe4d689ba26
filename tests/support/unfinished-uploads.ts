import { expect } from 'chai'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'

/** A test that each kind of store passes: what interrupted uploads have left is removed, and only that. */
export async function expectUnfinishedRemoved(store: ObjectStore): Promise<void> {
  await store.write('.incoming/abandoned', Buffer.from('id'))
  await store.write('kept/one.csv', Buffer.from('id'))
  await store.removeUnfinished(new Date(Date.now() - 60_000))
  expect(await store.find('.incoming/abandoned'), 'it may still be moved').to.not.equal(undefined)
  await store.removeUnfinished(new Date(Date.now() + 60_000))
  expect(await store.find('.incoming/abandoned')).to.equal(undefined)
  expect(await store.find('kept/one.csv')).to.not.equal(undefined)
}
