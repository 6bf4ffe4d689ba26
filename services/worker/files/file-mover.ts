import type { ObjectStore, StoredObject } from '../../adapters/objects/object-store.ts'
import type { EndedFile, FileStore } from '../../adapters/postgres/files/file-store.ts'
import type { FilesPipeline, FileSource } from '../../pipelines/declaration/task-declaration.ts'
import { errorLogSuffix, nameOfCopy } from '../../pipelines/files/target-name.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { findInProcessing } from './loading/processing-folder.ts'

type Options = {
  readonly store: ObjectStore
  readonly files: FileStore
  readonly logger: Logger
}

type MoveContext = {
  /** By the names of the pipelines. */
  readonly sources: ReadonlyMap<string, FileSource>
  /** No move begins after it has aborted. */
  readonly signal: AbortSignal
}

const filesOfRound = 200
/** Files that are moved at the same time. */
const movesAtOnce = 8

/** Moves files whose tasks have ended out of the inbox. One worker at a time does this. */
export class FileMover {
  readonly #options: Options
  /** Files whose last move has failed, by id. It is reported once. */
  readonly #failing = new Set<number>()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Moves all files whose tasks have ended, until the signal aborts. A file that cannot be moved is tried again by
   * the next call.
   */
  async move(declared: readonly FilesPipeline[], signal: AbortSignal): Promise<void> {
    const sources = new Map(declared.map(({ name, source }) => [name, source]))
    for (let after = 0; !signal.aborted;) {
      const ended = await this.#options.files.ended(after, filesOfRound)
      const last = ended.at(-1)
      if (last === undefined) return
      after = last.id
      await this.#moveAll(ended, { sources, signal })
    }
  }

  async #moveAll(ended: readonly EndedFile[], { sources, signal }: MoveContext): Promise<void> {
    const waiting = [...ended]
    const moveNext = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        if (signal.aborted) return
        const source = sources.get(file.pipeline)
        if (source !== undefined) await this.#attempt(file, source)
      }
    }
    await Promise.all(Array.from({ length: movesAtOnce }, moveNext))
  }

  async #attempt(file: EndedFile, source: FileSource): Promise<void> {
    try {
      await this.#moveFile(file, source)
      this.#failing.delete(file.id)
    } catch (error) {
      if (this.#failing.has(file.id)) return
      this.#failing.add(file.id)
      const { key, pipeline } = file
      this.#options.logger.warn({ ...errorFields(error), file: key, pipeline }, 'file-not-moved')
    }
  }

  async #moveFile(file: EndedFile, source: FileSource): Promise<void> {
    const folder = folderOf(file, source)
    const { store, files, logger } = this.#options
    const from = await this.#placeOf(file)
    const name = file.key.slice(file.key.lastIndexOf('/') + 1)
    let copy = (await files.countOfKey(file.key)) + 1
    let reserved = file.targetKey?.startsWith(`${folder}/`) === true ? file.targetKey : undefined
    for (;;) {
      const target = reserved ?? `${folder}/${nameOfCopy(name, copy)}`
      const isReserved = reserved !== undefined || (await files.reserve(file.id, target))
      const outcome = isReserved ? await store.move(from, target) : 'taken'
      if (outcome !== 'taken') {
        if (outcome === 'moved') await this.#writeErrorLog(file, source, target)
        const detail =
          outcome === 'moved' ? undefined : 'The file was removed from the inbox or replaced there.'
        await files.setArchived(file.id, detail)
        const { pipeline, key, state } = file
        logger.debug({ pipeline, file: key, state, target, outcome }, 'file-moved')
        return
      }
      reserved = undefined
      copy += 1
    }
  }

  /** A file that was being moved to the folder for processing is moved there first. */
  async #placeOf(file: EndedFile): Promise<StoredObject> {
    const { processingKey } = file
    if (processingKey === undefined) return file
    const found = await findInProcessing({ ...file, place: file.key }, this.#options.store)
    return found === undefined ? file : { ...file, key: processingKey }
  }

  async #writeErrorLog(file: EndedFile, source: FileSource, target: string): Promise<void> {
    if (file.state !== 'failed' || source.hasNoErrorLog === true) return
    await this.#options.store.write(target + errorLogSuffix, Buffer.from(errorLogOf(file)))
  }
}

function folderOf({ state }: EndedFile, { archive, error, canceled }: FileSource): string {
  switch (state) {
    case 'complete':
      return archive
    case 'failed':
      return error
    case 'canceled':
      return canceled
    default:
      return state satisfies never
  }
}

/** Why a file was not loaded, as text for its user. */
function errorLogOf({ key, pipeline, task, attempt, endedAt, ...ended }: EndedFile): string {
  const { code, taskDetail, logLines } = ended
  return [
    `${endedAt.toISOString()} The file was not loaded.`,
    `file: ${JSON.stringify(key)}`,
    `pipeline: ${pipeline}`,
    `task: ${task}, attempt ${attempt}`,
    `reason: ${code ?? 'unknown'}: ${taskDetail ?? ''}`,
    ...(logLines === null ? [] : ['', logLines]),
    '',
  ].join('\n')
}
