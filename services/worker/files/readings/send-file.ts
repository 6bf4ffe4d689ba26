import type { FileOfTask, FileStore } from '../../../adapters/postgres/files/file-store.ts'
import { insertLineLetters } from '../../../adapters/postgres/files/line-writer.ts'
import {
  findLoaded,
  mayBeLoaded,
  recordLoaded,
} from '../../../adapters/postgres/files/loaded-content.ts'
import type { ObjectStore, StoredObject } from '../../../adapters/objects/object-store.ts'
import type { PostgresReceiptStore } from '../../../adapters/postgres/ledger/receipt-store.ts'
import { storeLogs } from '../../../adapters/postgres/tasks/claim-store.ts'
import type { SettledAttempt } from '../../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { ReadingsDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { untilDone } from '../../tasks/run-window.ts'
import { FileChangedError, FileContent, hashFile } from '../loading/file-content.ts'
import type { FoundFile } from '../loading/find-file.ts'
import { findFile, toOutcome } from '../loading/find-file.ts'
import type { SettleOptions } from '../loading/settle-file.ts'
import { settleFile, settleRepeated } from '../loading/settle-file.ts'
import type { ReadingsAddress } from './post-readings.ts'
import { readReadings } from './read-readings.ts'
import type { Settled } from './receipts.ts'
import type { Sent } from './reading-sender.ts'
import { describeSent, ReadingSender } from './reading-sender.ts'

export type SendOptions = SettleOptions & {
  readonly declaration: ReadingsDeclaration
  readonly store: ObjectStore
  readonly files: FileStore
  readonly address: ReadingsAddress
  readonly receipts: PostgresReceiptStore
  readonly onProgress: (fraction: number) => void
  readonly addLogLine: (line: string) => void
}

type Attempt = AttemptOutcome | SettledAttempt

/** A file whose readings are rows or dead letters. */
type SentFile = FoundFile & {
  readonly sent: Sent
  readonly settled: Settled
  readonly sha256: Buffer
}

/**
 * Runs one attempt to send the readings of a file to the ingress. The task is complete when each reading is a row or a
 * dead letter. An attempt that is repeated sends the same readings again, which are stored once. It always resolves.
 */
export async function sendFile(task: ClaimedTask, options: SendOptions): Promise<Attempt> {
  const { declaration, cancel } = options
  const untilEnd = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | AttemptOutcome> =>
    untilDone({ timeoutMs: declaration.timeoutMs, cancel }, work)
  const sent = await untilEnd((signal) => send(task, { ...options, cancel: signal }))
  if ('kind' in sent) return sent
  return untilEnd((signal) => settle(task, sent, { ...options, cancel: signal }))
}

async function send(task: ClaimedTask, options: SendOptions): Promise<SentFile | Attempt> {
  const found = await findFile(task, options)
  if ('kind' in found) return found
  try {
    return (await endRepeated(task, found, options)) ?? (await sendReadings(found, options))
  } catch (error) {
    return toOutcome(error, found.file, options)
  }
}

/** Ends the task of a file whose content was sent before. */
async function endRepeated(
  task: ClaimedTask,
  { file, object }: FoundFile,
  options: SendOptions,
): Promise<Attempt | undefined> {
  const { declaration, pool, store, cancel: signal } = options
  if (declaration.source.onRepeat !== 'skip') return undefined
  const content = { pipeline: declaration.name, file: file.id, size: object.size }
  if (!(await mayBeLoaded(pool, content))) return undefined
  const sha256 = await hashFile({ store, object, signal })
  const first = await findLoaded(pool, content, sha256)
  return first === undefined ? undefined : settleRepeated(task, options, { file, sha256, first })
}

async function sendReadings(
  { file, object }: FoundFile,
  { declaration, store, address, receipts, cancel: signal, onProgress, addLogLine }: SendOptions,
): Promise<SentFile> {
  const { step } = declaration
  const content = new FileContent({ store, object, signal, onProgress })
  const sender = new ReadingSender(step, { address, signal, addLogLine })
  for await (const record of readReadings(content, step, nameOf(file.place)))
    await sender.add(record)
  const sent = await sender.end()
  await requireUnchanged(store, object)
  const settled = await sender.receipts.untilSettled(receipts, signal)
  return { file, object, sent, settled, sha256: await content.sha256() }
}

async function settle(
  task: ClaimedTask,
  sentFile: SentFile,
  options: SendOptions,
): Promise<Attempt> {
  const { file, object, sent, settled, sha256 } = sentFile
  const { declaration, store } = options
  const { name: pipeline } = declaration
  try {
    return await settleFile(task, options, async (client) => {
      await insertLineLetters(client, { pipeline, task: task.id }, sent.letters)
      const detail = describeSent(sent, settled)
      await storeLogs(client, [{ id: task.id, logLines: [...sent.logLines, detail] }])
      await recordLoaded(client, file.id, {
        // After postgres.retentionDays was raised, the file can be dropped again.
        ...{ sha256: sent.tooOld === 0 ? sha256 : null, detail },
        ...{ lines: sent.lines, rejected: sent.letters.length },
      })
      await requireUnchanged(store, object)
      return { kind: 'written', rows: sent.accepted }
    })
  } catch (error) {
    return toOutcome(error, file, options)
  }
}

async function requireUnchanged(store: ObjectStore, { key, etag }: StoredObject): Promise<void> {
  if ((await store.find(key))?.etag !== etag) throw new FileChangedError()
}

const nameOf = (place: FileOfTask['place']): string => place.slice(place.lastIndexOf('/') + 1)
