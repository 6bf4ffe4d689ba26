import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import { nameOfCopy } from '../../../pipelines/files/target-name.ts'

type Stores = {
  readonly store: ObjectStore
  readonly files: Pick<FileStore, 'reserveProcessing' | 'recordChange'>
}

/**
 * Finds a file that an earlier attempt has moved to the folder for processing, or was moving there. The move is
 * recorded before it begins, so a move that was interrupted is continued.
 */
export async function findInProcessing(
  {
    processingKey,
    place,
    size,
    etag,
    modifiedAt,
  }: Pick<FileOfTask, 'processingKey' | 'place' | 'size' | 'etag' | 'modifiedAt'>,
  store: ObjectStore,
): Promise<StoredObject | undefined> {
  if (processingKey === undefined) return undefined
  // Also if the target exists: on S3 the move may have been interrupted before the source was removed.
  if (place !== processingKey)
    await store.move({ key: place, size, etag, modifiedAt }, processingKey)
  return store.find(processingKey)
}

type ToProcess = {
  readonly object: StoredObject
  readonly folder: string
  readonly attempt: number
}

/** Moves a file to the folder for processing. @returns undefined if the file has changed, or the attempt has ended */
export async function moveToProcessing(
  { id }: Pick<FileOfTask, 'id'>,
  { object, folder, attempt }: ToProcess,
  { store, files }: Stores,
): Promise<StoredObject | undefined> {
  const name = object.key.slice(object.key.lastIndexOf('/') + 1)
  for (let copy = 1; ; copy += 1) {
    const key = `${folder}/${nameOfCopy(name, copy)}`
    const reserved = await files.reserveProcessing(id, attempt, key)
    if (reserved === 'attempt-ended') return undefined
    if (reserved === 'taken') continue
    const outcome = object.key === key ? 'moved' : await store.move(object, key)
    if (outcome === 'taken') continue
    const moved = outcome === 'moved' ? await store.find(key) : undefined
    // On S3 the copy can have another etag.
    if (moved !== undefined && moved.etag !== object.etag) await files.recordChange(id, moved)
    return moved
  }
}
