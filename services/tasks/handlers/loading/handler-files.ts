import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Inspection } from '../protocol.ts'
import type { ProcessOptions } from '../running/handler-process.ts'
import type { Bundled } from './bundle-file.ts'
import { bundleFile } from './bundle-file.ts'
import { inspectBundles } from './inspect-bundles.ts'
import type { FileVersion } from './combine-files.ts'
import { combineFiles } from './combine-files.ts'
import { faultOfInspection, placesOf } from './describe-inspection.ts'

export type HandlerFilesOptions = {
  /** Folders with files of handlers; those of an earlier folder have their names first. */
  readonly folders: readonly string[]
  /** For the bundles. */
  readonly target: string
  readonly process: ProcessOptions
  /** Names of handlers that are part of the worker. */
  readonly reserved: readonly string[]
}

export type LoadedHandlers = {
  /** Bundles by the names of their handlers. */
  readonly bundles: ReadonlyMap<string, string>
  /** Sentences with file and line, by file. */
  readonly faults: ReadonlyMap<string, string>
}

/** What is known of a file. */
type KnownFile = {
  /** Changes when one of its inputs is written. */
  readonly stamp: string
  readonly inputs: readonly string[]
  /** The last version without a fault. */
  readonly version: FileVersion | undefined
  readonly fault: string | undefined
}

/** A bundle that was not imported yet. */
type FreshBundle = { readonly path: string; readonly bundle: string; readonly digest: string }

const extension = /\.(ts|mts|js|mjs)$/
const isHandlerFile = (name: string): boolean =>
  extension.test(name) && !/\.(d|test)\.m?ts$/.test(name) && !name.startsWith('.')

/** The files of handlers in folders. A file is bundled again only after it, or what it imports, was written. */
export class HandlerFiles {
  readonly #options: HandlerFilesOptions
  #known = new Map<string, KnownFile>()
  #hasRead = false
  #inEffect: ReadonlyMap<string, FileVersion> = new Map()

  constructor(options: HandlerFilesOptions) {
    this.#options = options
  }

  /**
   * Reads the files. A file with a fault leaves its version before in effect.
   *
   * @returns undefined if no file has changed
   * @throws an error of the file system if a folder cannot be read
   */
  async read(): Promise<LoadedHandlers | undefined> {
    const paths = this.#options.folders.flatMap(listFiles)
    const changed = paths.filter((path) => !this.#isKnown(path))
    const isRemoved = [...this.#known.keys()].some((path) => !paths.includes(path))
    if (changed.length === 0 && !isRemoved && this.#hasRead) return undefined
    this.#hasRead = true
    const loaded = await this.#load(changed)
    this.#known = new Map(
      paths.flatMap((path) => {
        const file = loaded.get(path) ?? this.#known.get(path)
        return file === undefined ? [] : [[path, file] as const]
      }),
    )
    return this.#combine()
  }

  #isKnown(path: string): boolean {
    const known = this.#known.get(path)
    return known !== undefined && stampOf(known.inputs) === known.stamp
  }

  async #load(paths: readonly string[]): Promise<Map<string, KnownFile>> {
    const { target, process } = this.#options
    const loaded = new Map<string, KnownFile>()
    const fresh: FreshBundle[] = []
    for (const path of paths) {
      const before = this.#known.get(path)?.version
      // Before the file is read, so that a change meanwhile is seen.
      const stamps = new Map([[path, stampOf([path])]])
      const { inputs, outcome } = await bundle(path, target)
      const stamp = inputs.map((input) => stamps.get(input) ?? stampOf([input])).join()
      const fault = outcome.ok ? undefined : outcome.fault
      loaded.set(path, { stamp, inputs, version: before, fault })
      if (!outcome.ok || before?.digest === outcome.digest) continue
      const file = join(target, `${outcome.digest}.mjs`)
      writeFileSync(file, outcome.code)
      fresh.push({ path, bundle: file, digest: outcome.digest })
    }
    for (const [each, inspection] of await inspectAll(fresh, process)) {
      const file = loaded.get(each.path)
      if (file !== undefined) {
        loaded.set(each.path, { ...file, ...inspected(each, inspection, file.version) })
      }
    }
    return loaded
  }

  #combine(): LoadedHandlers {
    const files = [...this.#known].map(([path, { version, fault }]) => ({ path, version, fault }))
    const { inEffect, faults } = combineFiles(files, {
      before: this.#inEffect,
      reserved: this.#options.reserved,
    })
    this.#inEffect = inEffect
    const bundles = [...inEffect.values()].flatMap(({ handlers, bundle }) =>
      handlers.map(({ name }) => [name, bundle] as const),
    )
    return { bundles: new Map(bundles), faults }
  }
}

async function inspectAll(
  fresh: readonly FreshBundle[],
  options: ProcessOptions,
): Promise<(readonly [FreshBundle, Inspection])[]> {
  const bundles = fresh.map(({ bundle }) => bundle)
  const inspections = await inspectBundles(bundles, options)
  return fresh.flatMap((each, index) => {
    const inspection = inspections[index]
    return inspection === undefined ? [] : [[each, inspection] as const]
  })
}

function inspected(
  { path, bundle, digest }: FreshBundle,
  inspection: Inspection,
  before: FileVersion | undefined,
): Pick<KnownFile, 'version' | 'fault'> {
  const fault = faultOfInspection(path, inspection)
  if (fault !== undefined || inspection.kind !== 'handlers') return { version: before, fault }
  const handlers = placesOf(path, inspection.handlers)
  return { version: { bundle, digest, handlers }, fault: undefined }
}

async function bundle(path: string, target: string): Promise<Bundled> {
  try {
    return await bundleFile(path, target)
  } catch (error) {
    const fault = `${path}: it cannot be bundled: ${(error as Error).message}.`
    return { inputs: [path], outcome: { ok: false, fault } }
  }
}

function listFiles(folder: string): string[] {
  // A folder that does not exist has no handlers.
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory() && isHandlerFile(entry.name))
    .map(({ name }) => join(folder, name))
    .sort()
}

function stampOf(inputs: readonly string[]): string {
  return inputs
    .map((input) => {
      const stats = statSync(input, { throwIfNoEntry: false })
      return stats === undefined ? 'none' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`
    })
    .join()
}
