import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ObjectStore, StoredObject } from './object-store.ts'
import { incomingFolder } from './object-store.ts'

/**
 * Writes a new object. It appears under its key when all bytes are stored.
 *
 * @returns undefined if there is an object with the key already. It is not changed
 */
export async function putNew(
  store: ObjectStore,
  key: string,
  content: Readable | Buffer,
): Promise<StoredObject | undefined> {
  if ((await store.find(key)) !== undefined) return undefined
  const part = await store.write(`${incomingFolder}/${randomUUID()}`, content)
  const outcome = await store.move(part, key)
  if (outcome === 'moved') return { ...part, key }
  await store.remove(part.key)
  if (outcome === 'missing') throw new Error(`The part ${part.key} was removed meanwhile.`)
  return undefined
}

/** Removes the parts that interrupted calls of `putNew` have left. */
export async function removeIncoming(store: ObjectStore, before: Date): Promise<void> {
  for await (const listed of store.list(incomingFolder))
    if (listed.kind === 'object' && listed.object.modifiedAt < before)
      await store.remove(listed.object.key)
}
