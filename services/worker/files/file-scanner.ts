import type { ObjectStore, StoredObject } from '../../adapters/objects/object-store.ts'
import type {
  FileStore,
  OpenFile,
  PresentFile,
  UnmatchedFile,
} from '../../adapters/postgres/files/file-store.ts'
import type { FilesPipeline } from '../../pipelines/declaration/task-declaration.ts'
import { FileMatcher, isHidden } from '../../pipelines/files/match-file.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ContentType } from './detection/detect-type.ts'
import { TypeUnavailableError } from './detection/detect-type.ts'
import type { TypeDetector } from './detection/type-detector.ts'
import type { BucketHealth } from './bucket-health.ts'
import { settledAfterMs } from './loading/find-file.ts'

type Options = {
  readonly store: ObjectStore
  readonly health: BucketHealth
  readonly files: FileStore
  readonly types: TypeDetector
  readonly logger: Logger
}

/** The etag of a file, and when it was first seen, in milliseconds of the monotonic clock. */
type Look = { readonly etag: string; readonly sinceMs: number }

/** A file in an inbox. */
type Found = {
  readonly object: StoredObject
  readonly folder: string
  readonly pipeline: FilesPipeline | undefined
  readonly contentType?: ContentType | undefined
}

/** What was found in the inboxes. */
type Findings = { readonly found: readonly Found[]; readonly unusable: readonly UnmatchedFile[] }

/** @member waiting the keys of files whose types are needed and cannot be detected now, because of `outage` */
type TypedFindings = Findings & {
  readonly waiting: readonly string[]
  readonly outage: TypeUnavailableError | undefined
}

/** Finds the files in the inboxes, and makes tasks for them. One worker at a time does this. */
export class FileScanner {
  readonly #options: Options
  #looks: ReadonlyMap<string, Look> = new Map()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Makes tasks for the files that a pipeline matches and that have not changed for a second.
   *
   * @param declared in this order: if several match a file, the first one gets it
   * @returns how many tasks were made
   * @throws TypeUnavailableError after it has made the tasks of the files that do not wait for their types
   */
  async scan(declared: readonly FilesPipeline[]): Promise<number> {
    const { files } = this.#options
    // Read before the files are listed: a file that is moved meanwhile counts as one that has a task.
    const openFiles = await files.open()
    const open = new Map(openFiles.map((file) => [file.key, file]))
    const isKnown = knownFiles(openFiles)
    const matcher = new FileMatcher(declared)
    const listed = await this.#options.health.attempt(async () => {
      await this.#makeFolders(declared)
      return this.#list(matcher, isKnown)
    })
    const findings = await this.#matchTypes(listed, matcher)
    const looks = new Map<string, Look>()
    const settled = findings.found.filter((each) => this.#isSettled(each, looks))
    this.#looks = looks
    await this.#recordUnmatched(findings, open)
    const made = await this.#makeTasks(settled)
    if (findings.outage !== undefined) throw findings.outage
    return made
  }

  async #makeFolders(declared: readonly FilesPipeline[]): Promise<void> {
    const folders = declared.flatMap(({ source }) => {
      const { inbox, processing, archive, error, canceled } = source
      return [inbox, ...(processing === undefined ? [] : [processing]), archive, error, canceled]
    })
    await this.#options.store.makeFolders([...new Set(folders)])
  }

  /** @param isKnown such files are left out */
  async #list(matcher: FileMatcher, isKnown: (key: string) => boolean): Promise<Findings> {
    const found: Found[] = []
    const unusable: UnmatchedFile[] = []
    for (const inbox of matcher.folders) {
      for await (const listed of this.#options.store.list(inbox, isKnown)) {
        if (listed.kind === 'unusable') {
          unusable.push(toUnusable(inbox, listed.unusable))
          continue
        }
        const { object } = listed
        const name = object.key.slice(inbox.length + 1)
        if (isHidden(name)) continue
        found.push({ object, folder: inbox, pipeline: matcher.find(inbox, name) })
      }
    }
    return { found, unusable }
  }

  /**
   * Finds the pipelines of files again if they also depend on the types of the files. While types cannot be
   * detected, only these files wait.
   */
  async #matchTypes(findings: Findings, matcher: FileMatcher): Promise<TypedFindings> {
    const { types } = this.#options
    const found: Found[] = []
    const waiting: string[] = []
    let outage: TypeUnavailableError | undefined
    for (const each of findings.found) {
      const { object, folder } = each
      if (!matcher.needsType(folder)) {
        found.push(each)
        continue
      }
      const name = object.key.slice(folder.length + 1)
      const contentType = await types.typeOf(object).catch(toOutage)
      if (contentType instanceof TypeUnavailableError) {
        outage = contentType
        if (matcher.isDecidedByName(folder, name)) found.push(each)
        else waiting.push(object.key)
      } else if (contentType !== undefined) {
        const pipeline = matcher.find(folder, name, contentType.type)
        found.push({ ...each, pipeline, contentType })
      }
      // Undefined: it was removed or has changed; the next scan finds it again.
    }
    types.endScan()
    return { ...findings, found, waiting, outage }
  }

  /** Whether the file had the same content a second ago. */
  #isSettled({ object: { key, etag }, pipeline }: Found, looks: Map<string, Look>): boolean {
    const nowMs = performance.now()
    const before = this.#looks.get(key)
    const look = before?.etag === etag ? before : { etag, sinceMs: nowMs }
    looks.set(key, look)
    return pipeline !== undefined && nowMs - look.sinceMs >= settledAfterMs
  }

  async #recordUnmatched(
    { found, unusable, waiting }: TypedFindings,
    open: ReadonlyMap<string, OpenFile>,
  ): Promise<void> {
    const { files, logger } = this.#options
    const unmatched = [
      ...found.flatMap(({ object, pipeline, contentType }) =>
        pipeline === undefined ? [{ ...object, contentType, detail: null }] : [],
      ),
      ...unusable,
    ]
    const present = new Set([
      ...found.map(({ object }) => object.key),
      ...unusable.map(({ key }) => key),
      ...waiting,
    ])
    const gone = [...open.values()].filter(({ key, task }) => task === null && !present.has(key))
    await files.removeUnmatched(gone.map(({ key }) => key))
    const isNew = ({ key, etag }: UnmatchedFile): boolean => {
      const known = open.get(key)
      return known === undefined || (known.task === null && known.etag !== etag)
    }
    const added = unmatched.filter(isNew)
    await files.recordUnmatched(added)
    for (const { key, detail } of added) {
      const reason = detail ?? 'No pipeline matches its name or its type.'
      logger.warn({ file: key, reason }, 'file-unmatched')
    }
  }

  async #makeTasks(settled: readonly Found[]): Promise<number> {
    const { files, logger } = this.#options
    const byPipeline = new Map<string, PresentFile[]>()
    for (const { object, pipeline, contentType } of [...settled].sort(byTimeAndName)) {
      if (pipeline === undefined) continue
      const ofPipeline = byPipeline.get(pipeline.name) ?? []
      ofPipeline.push({ ...object, contentType })
      byPipeline.set(pipeline.name, ofPipeline)
    }
    let made = 0
    for (const [pipeline, present] of byPipeline) {
      const count = await files.makeTasks(pipeline, present)
      made += count
      if (count > 0) logger.info({ pipeline, files: count }, 'files-found')
    }
    return made
  }
}

/** Files of tasks. Others in a folder for processing were left there, and are processed. */
function knownFiles(open: readonly OpenFile[]): (key: string) => boolean {
  const known = new Set(open.flatMap(({ key, task }) => (task === null ? [] : [key])))
  for (const { processingKey } of open) if (processingKey !== undefined) known.add(processingKey)
  return (key) => known.has(key)
}

function toUnusable(
  inbox: string,
  { name, problem }: { readonly name: string; readonly problem: string },
): UnmatchedFile {
  // Postgres stores no NUL.
  const key = `${inbox}/${name.replaceAll('\0', '\uFFFD')}`
  return { key, size: 0, etag: problem, modifiedAt: new Date(0), detail: problem }
}

function toOutage(error: unknown): TypeUnavailableError {
  if (error instanceof TypeUnavailableError) return error
  throw error
}

const byTimeAndName = ({ object: left }: Found, { object: right }: Found): number =>
  left.modifiedAt.getTime() - right.modifiedAt.getTime() || (left.key < right.key ? -1 : 1)
