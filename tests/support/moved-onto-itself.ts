import { expect } from 'chai'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'

/** A move of an object onto its own key keeps it, also if the object has come there by a move. */
export async function expectKeptOnItself(store: ObjectStore): Promise<void> {
  const key = 'itself/done/one.csv'
  const object = await store.write('itself/in/one.csv', Buffer.from('one'))
  expect(await store.move(object, key)).to.equal('moved')
  const moved = await store.find(key)
  if (moved === undefined) throw new Error('the target is not found')
  expect(await store.move(moved, key)).to.equal('moved')
  expect(await store.find(key)).to.deep.equal(moved)
  const current = await store.write(key, Buffer.from('new content'))
  expect(await store.move(moved, key), 'it was replaced').to.equal('missing')
  expect(await store.move(current, key), 'it was never moved').to.equal('moved')
  expect(await store.find(key)).to.deep.equal(current)
}
