import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { FileOfTask } from '../../../adapters/postgres/files/file-store.ts'

type Places = Pick<FileOfTask, 'place' | 'processingKey' | 'size' | 'etag' | 'modifiedAt'> & {
  readonly targetKey: string
}

/**
 * Finds a file that was moved after an earlier attempt, while its task was tried again. A move that was interrupted is
 * completed. Another file can be at either place: a new one of the same name in the inbox, or one of a user at the
 * target.
 *
 * @returns undefined if the file is still at its place, or at none of the two
 */
export async function findMoved(
  { place, processingKey, size, etag, modifiedAt, targetKey }: Places,
  store: ObjectStore,
): Promise<StoredObject | undefined> {
  if ((await store.find(place))?.etag === etag) return undefined
  for (const key of [processingKey, place]) {
    if (key === undefined) continue
    // On S3 the copy can have another etag. The store knows from which object it was made.
    const outcome = await store.move({ key, size, etag, modifiedAt }, targetKey)
    if (outcome === 'moved') return store.find(targetKey)
  }
  return undefined
}
