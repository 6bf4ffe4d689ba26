import { buffer } from 'node:stream/consumers'
import type { ObjectStore, StoredObject } from '../../adapters/objects/object-store.ts'
import type { StoredPipeline } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { fromStored } from '../../pipelines/declaration/stored-declaration.ts'
import { isTaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { fileMissing } from './declare.ts'
import { faultFileOf } from './error-file.ts'
import type { DeclarationFile } from './read-folder.ts'
import { maxDeclarationBytes, parseBytes, refuseCycles, refuseRepeated } from './read-folder.ts'

const extension = '.toml'
/** Begins the paths of declarations in the bucket. */
const scheme = 'bucket:'
/** Searching more folders each second would take too long. */
const maxFolders = 500

/** Whether a path is of a declaration in the bucket. */
export const isInBucket = (path: string): boolean => path.startsWith(scheme)

export type BucketFiles = {
  readonly files: readonly DeclarationFile[]
  /** Paths of files that may be half-written: they have a fault, and were not seen twice with this content. */
  readonly unsettled: ReadonlySet<string>
  readonly isTruncated: boolean
}

/** The declarations `*.toml` in the bucket: at its top and in its folders, but not in the folders of files. */
export class BucketDeclarations {
  readonly #store: ObjectStore
  #known: ReadonlyMap<string, DeclarationFile> = new Map()

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /**
   * Reads the declarations in the order of their paths. A file is read again only after it has changed.
   *
   * @param present all pipelines; their folders of files are left out
   */
  async read(present: readonly StoredPipeline[]): Promise<BucketFiles> {
    const { objects, isTruncated } = await this.#find(foldersOf(present))
    const read: DeclarationFile[] = []
    for (const object of objects) read.push(await this.#readFile(object))
    const isNew = ({ path, version }: DeclarationFile): boolean =>
      this.#known.get(path)?.version !== version
    const unsettled = read.filter((file) => !file.parsed.ok && isNew(file)).map(({ path }) => path)
    this.#known = new Map(read.map((file) => [file.path, file]))
    const files = refuseCycles(refuseForeign(refuseRepeated(read), present))
    return { files, unsettled: new Set(unsettled), isTruncated }
  }

  /** Writes the faults of a declaration into a file beside it, or removes that file if there are none. */
  async writeFaults(path: string, faults: readonly string[]): Promise<void> {
    const key = faultFileOf(path.slice(scheme.length))
    if (faults.length === 0) await this.#store.remove(key)
    else await this.#store.write(key, Buffer.from(`${faults.join('\n')}\n`))
  }

  async #find(
    leftOut: ReadonlySet<string>,
  ): Promise<{ readonly objects: StoredObject[]; readonly isTruncated: boolean }> {
    const objects: StoredObject[] = []
    const folders = ['']
    for (let index = 0; index < Math.min(folders.length, maxFolders); index += 1) {
      const found = await this.#store.browse(folders[index] ?? '', extension)
      objects.push(...found.objects)
      folders.push(...found.folders.filter((folder) => !leftOut.has(folder)))
    }
    objects.sort((left, right) => (left.key < right.key ? -1 : 1))
    return { objects, isTruncated: folders.length > maxFolders }
  }

  async #readFile(object: StoredObject): Promise<DeclarationFile> {
    const path = scheme + object.key
    const known = this.#known.get(path)
    if (known?.version === object.etag) return known
    const file = { path, version: object.etag, sqlFiles: [] }
    if (object.size > maxDeclarationBytes) {
      const fault = `The file has more than ${maxDeclarationBytes} bytes.`
      return { ...file, parsed: { ok: false, faults: [fault] } }
    }
    const content = await this.#store.read(object)
    // The next call reads the new content.
    if (content === undefined) return { ...file, version: '', parsed: changed }
    const at = object.key.lastIndexOf('/')
    const place = {
      fileName: object.key.slice(at + 1),
      folder: at < 0 ? undefined : object.key.slice(0, at),
    }
    return { ...file, parsed: parseBytes(await buffer(content), { readSql: () => noSql, place }) }
  }
}

const changed = { ok: false, faults: ['The file is being written.'] } as const
const noSql = {
  fault: 'cannot be used by a declaration in the bucket; put the declaration into worker.folder.',
}

/** The folders of files and of results of all pipelines. */
function foldersOf(present: readonly StoredPipeline[]): ReadonlySet<string> {
  const folders = present.flatMap(({ declaration }) => {
    const stored = declaration === null ? undefined : fromStored(declaration)
    if (stored === undefined || !isTaskDeclaration(stored)) return []
    const { source, to } = stored
    const outputs = to.kind === 'objects' ? [to.folder] : []
    if (source.kind !== 'files') return outputs
    const { inbox, processing, archive, error, canceled } = source
    const ofFiles = [inbox, archive, error, canceled]
    return [...outputs, ...ofFiles, ...(processing === undefined ? [] : [processing])]
  })
  return new Set(folders)
}

/** A pipeline that is declared in worker.folder, or is part of the platform, stays as it is. */
function refuseForeign(
  files: readonly DeclarationFile[],
  present: readonly StoredPipeline[],
): DeclarationFile[] {
  return files.map((file) => {
    if (!file.parsed.ok) return file
    const { name } = file.parsed.declaration
    const owner = present.find((pipeline) => pipeline.name === name)
    if (owner === undefined || isInBucket(owner.file)) return file
    if (owner.pauseReason === fileMissing) return file
    const fault = `name: ${owner.file} declares the pipeline "${name}" already; choose another name.`
    return { ...file, parsed: { ok: false, faults: [fault] } }
  })
}
