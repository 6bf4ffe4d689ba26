import type { MoveOutcome, ObjectStore, StoredObject } from '../../adapters/objects/object-store.ts'
import type { EndedFile, FileMoves, Target } from '../../adapters/postgres/files/file-moves.ts'
import type { FilesPipeline, FileSource } from '../../pipelines/declaration/task-declaration.ts'
import { errorLogSuffix, nameOfCopy } from '../../pipelines/files/target-name.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { NewReasons } from '../../runtime/retry.ts'
import { findMoved } from './loading/moved-file.ts'
import { findInProcessing } from './loading/processing-folder.ts'

type Options = {
  readonly store: ObjectStore
  readonly moves: FileMoves
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
const movesAtOnce = 16

/** A file that is not moved yet. */
type Wanted = {
  readonly file: EndedFile
  readonly source: FileSource
  /** Its folder after the move. */
  readonly folder: string
  /** The number of the next name to try. */
  readonly copy: number
  /** The name that is reserved for it. */
  readonly target: string | undefined
}
type Named = Wanted & { readonly target: string }
/** What became of a file. Undefined: it could not be moved now. */
type Moved = Named & { readonly outcome: MoveOutcome | undefined }

/** Moves files whose tasks have ended out of the inbox. One worker at a time does this. */
export class FileMover {
  readonly #options: Options
  /** Why files could not be moved, by id. Each reason is logged once. */
  readonly #reasons = new Map<number, NewReasons>()

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
      const ended = await this.#options.moves.ended(after, filesOfRound)
      const last = ended.at(-1)
      if (last === undefined) return
      after = last.id
      await this.#moveRound(ended, { sources, signal })
    }
  }

  async #moveRound(ended: readonly EndedFile[], context: MoveContext): Promise<void> {
    let open = await this.#wantedOf(ended, context)
    while (open.length > 0 && !context.signal.aborted) {
      const { named, others } = await this.#reserve(open)
      const moved = await this.#moveAll(named, context.signal)
      await this.#setArchived(moved)
      const taken = moved.filter(({ outcome }) => outcome === 'taken')
      open = [...others, ...taken].map(({ file, source, folder, copy }) => {
        return { file, source, folder, copy: copy + 1, target: undefined }
      })
    }
  }

  async #wantedOf(ended: readonly EndedFile[], { sources }: MoveContext): Promise<Wanted[]> {
    const counts = await this.#options.moves.countsOfKeys(ended.map(({ key }) => key))
    return ended.flatMap((file) => {
      const source = sources.get(file.pipeline)
      if (source === undefined) return []
      const folder = folderOf(file, source)
      const copy = (counts.get(file.key) ?? 0) + 1
      // A file whose task was tried again can be there already.
      const target = [file.targetKey, file.key].find((key) => key && parentOf(key) === folder)
      return [{ file, source, folder, copy, target }]
    })
  }

  /**
   * Reserves the next name of each file that has none. A name that several want is for the first of them.
   *
   * @returns also the files that need another name. Those whose tasks were tried again are left out
   */
  async #reserve(open: readonly Wanted[]): Promise<{ named: Named[]; others: Wanted[] }> {
    const taken = new Set(open.flatMap(({ target }) => target ?? []))
    const asked = open.flatMap((wanted): Named[] => {
      if (wanted.target !== undefined) return [{ ...wanted, target: wanted.target }]
      const { file, folder, copy } = wanted
      const name = file.key.slice(file.key.lastIndexOf('/') + 1)
      const target = `${folder}/${nameOfCopy(name, copy)}`
      if (taken.has(target)) return []
      taken.add(target)
      return [{ ...wanted, target }]
    })
    const reserved = await this.#options.moves.reserve(asked.map(toTarget))
    const isAsked = new Set(asked.map(({ file }) => file.id))
    return {
      named: asked.filter(({ file }) => reserved.get(file.id) === true),
      others: open.filter(({ file: { id } }) => !isAsked.has(id) || reserved.get(id) === false),
    }
  }

  async #moveAll(named: readonly Named[], signal: AbortSignal): Promise<Moved[]> {
    const moved: Moved[] = []
    const waiting = [...named]
    const moveNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (signal.aborted) return
        moved.push({ ...next, outcome: await this.#attempt(next) })
      }
    }
    await Promise.all(Array.from({ length: movesAtOnce }, moveNext))
    return moved
  }

  async #attempt({ file, source, target }: Named): Promise<MoveOutcome | undefined> {
    const { logger } = this.#options
    const { key, pipeline, state } = file
    try {
      const outcome = await this.#moveTo(file, target)
      if (outcome === 'moved') await this.#writeErrorLog(file, source, target)
      this.#reasons.delete(file.id)
      logger.debug({ pipeline, file: key, state, target, outcome }, 'file-moved')
      return outcome
    } catch (error) {
      const reasons = this.#reasons.get(file.id) ?? new NewReasons()
      this.#reasons.set(file.id, reasons)
      if (reasons.note(error))
        logger.warn({ ...errorFields(error), file: key, pipeline }, 'file-not-moved')
      return undefined
    }
  }

  async #moveTo(file: EndedFile, target: string): Promise<MoveOutcome> {
    const { store } = this.#options
    const place = await this.#placeOf(file, target)
    if (file.processingKey !== undefined && place.key === file.key) {
      // In a folder, an interrupted move has taken it away from there. Only the same move finds it.
      const outcome = await store.move({ ...file, key: file.processingKey }, target)
      if (outcome !== 'missing') return outcome
    }
    return store.move(place, target)
  }

  /** A move that was interrupted is completed first: the one for processing, or one after an earlier attempt. */
  async #placeOf(file: EndedFile, target: string): Promise<StoredObject> {
    const { store } = this.#options
    const { key, processingKey, targetKey } = file
    if (processingKey !== undefined) {
      const found = await findInProcessing({ ...file, place: key }, store)
      if (found !== undefined) return { ...file, key: processingKey }
    }
    if (targetKey === undefined || targetKey === target) return file
    return (await findMoved({ ...file, place: key, targetKey }, store)) ?? file
  }

  async #writeErrorLog(file: EndedFile, source: FileSource, target: string): Promise<void> {
    if (file.state !== 'failed' || source.hasNoErrorLog === true) return
    await this.#options.store.write(target + errorLogSuffix, Buffer.from(errorLogOf(file)))
  }

  async #setArchived(moved: readonly Moved[]): Promise<void> {
    const missing = 'The file was removed from the inbox or replaced there.'
    await this.#options.moves.setArchived(
      moved.flatMap((each) => {
        const isThere = each.outcome === 'moved'
        if (!isThere && each.outcome !== 'missing') return []
        return [{ ...toTarget(each), isThere, detail: isThere ? undefined : missing }]
      }),
    )
  }
}

const parentOf = (key: string): string => key.slice(0, key.lastIndexOf('/'))

const toTarget = ({ file: { id, attempt }, target }: Named): Target => ({ id, attempt, target })

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
