import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import { toRefusal } from '../../../adapters/postgres/windows/step-refusal.ts'
import type { AttemptOutcome, ClaimedTask, FaultCode } from '../../../ledger/tasks/task.ts'
import type { FilesPipeline } from '../../../pipelines/declaration/task-declaration.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'
import { sleep } from '../../../runtime/retry.ts'
import { FileChangedError } from './file-content.ts'
import { findMoved } from './moved-file.ts'
import { findInProcessing, moveToProcessing } from './processing-folder.ts'

/** A file that is written in place is complete if it does not change for this time. */
export const settledAfterMs = 1_000

type FindOptions = {
  readonly store: ObjectStore
  readonly files: FileStore
  readonly declaration: Pick<FilesPipeline, 'source'>
  readonly cancel: AbortSignal
}

/** The file of a task, and its present content. */
export type FoundFile = { readonly file: FileOfTask; readonly object: StoredObject }

/** Finds the file of a task. A file that is still changing is given back. */
export async function findFile(
  { id, attempt }: Pick<ClaimedTask, 'id' | 'attempt'>,
  options: FindOptions,
): Promise<FoundFile | AttemptOutcome> {
  const { files, store } = options
  const file = await files.ofTask(id)
  if (file === undefined)
    return failed('bad-params', 'Tasks of this pipeline come only from files of the bucket.')
  const started = await findInProcessing(file, store)
  const object = started ?? (await findWaiting(file, options))
  if (object === undefined)
    return failed('file-missing', `The file ${shown(file.place)} was removed before it was loaded.`)
  if (object.etag !== file.etag && !(await hasSettled({ file, object }, options))) return givenBack
  const { processing: folder } = options.declaration.source
  if (folder === undefined || file.isArchived || started !== undefined) return { file, object }
  const moved = await moveToProcessing(file, { object, folder, attempt }, options)
  return moved === undefined ? givenBack : { file, object: moved }
}

/** Finds a file also where it was moved after an earlier attempt, while its task was tried again. */
async function findWaiting(
  file: FileOfTask,
  { files, store }: FindOptions,
): Promise<StoredObject | undefined> {
  const { id, place, targetKey } = file
  const moved = targetKey === undefined ? undefined : await findMoved({ ...file, targetKey }, store)
  if (moved === undefined) return store.find(place)
  await files.takeFromTarget(id, moved.key)
  return moved
}

/** Checks a file again that has changed since it was found. @returns false if it is still changing */
async function hasSettled(
  { file, object }: FoundFile,
  { store, files, cancel }: FindOptions,
): Promise<boolean> {
  await sleep(settledAfterMs, cancel)
  cancel.throwIfAborted()
  if ((await store.find(object.key))?.etag !== object.etag) return false
  await files.recordChange(file.id, object)
  return true
}

/** How an attempt ends after an error of the file or of its effects. @throws the error if it means an outage */
export async function toOutcome(
  error: unknown,
  { place }: Pick<FileOfTask, 'place'>,
  { store }: Pick<FindOptions, 'store'>,
): Promise<AttemptOutcome> {
  // The next attempt waits until the file does not change any more.
  if (error instanceof FileChangedError) return givenBack
  if (error instanceof FileFault) return failed('bad-file', error.message)
  if (isForbidden(error)) {
    // Rejects if the whole bucket cannot be read now, which is an outage.
    await store.find(place)
    const hint = 'Let its user read the file, for example with chmod a+r, and retry the task.'
    return failed('bad-file', `The worker is not allowed to read ${shown(place)}. ${hint}`)
  }
  const refusal = toRefusal(error)
  if (refusal === undefined) throw error
  return failed('refused-by-database', `The database refused the file: ${refusal}`)
}

const givenBack: AttemptOutcome = { kind: 'given-back' }

const isForbidden = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')

export function failed(code: FaultCode, message: string): AttemptOutcome {
  return { kind: 'failed', fault: { code, message, stack: undefined } }
}

/** A path for messages: control characters are escaped. */
export const shown = (path: string): string => JSON.stringify(path)
