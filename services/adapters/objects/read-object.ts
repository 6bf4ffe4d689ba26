import type { Readable } from 'node:stream'
import type { ObjectStore } from './object-store.ts'

/** Opens the current content of a key; undefined if there is none. */
export async function readObject(
  store: Pick<ObjectStore, 'find' | 'read'>,
  key: string,
): Promise<Readable | undefined> {
  const object = await store.find(key)
  return object && store.read(object)
}
