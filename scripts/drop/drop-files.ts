import { createReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { openBucket } from '../../services/adapters/objects/bucket-settings.ts'
import { findKeyProblem } from '../../services/adapters/objects/object-key.ts'
import type { ObjectStore } from '../../services/adapters/objects/object-store.ts'
import { putNew } from '../../services/adapters/objects/put-new.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { FileReader } from '../../services/adapters/postgres/files/file-reader.ts'
import type { StoredPipeline } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { chooseInbox } from '../../services/pipelines/files/choose-inbox.ts'
import { print } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'
import type { RunningPlatform } from '../targets/target.ts'
import type { DropRequest } from './request.ts'
import { waitForFiles } from './wait-for-files.ts'

type Context = {
  readonly platform: RunningPlatform
  readonly pool: Pool
  readonly signal: AbortSignal
}

/** A file of the user, and where it is put. */
type Drop = {
  readonly path: string
  readonly key: string
  /** Undefined for a declaration, which is put at the top of the bucket. */
  readonly pipeline: string | undefined
}

/** `npm run drop`. All files are checked before the first one is copied. @returns the exit code */
export async function dropFiles(
  { platform, pool, signal }: Context,
  { paths, to, wait }: DropRequest,
): Promise<number> {
  const store = await openStore(platform)
  const pipelines = await new PostgresPipelineStore(pool).list()
  const drops = paths.map((path) => chooseFor(path, { pipelines, to }))
  requireDifferent(drops)
  const files = new FileReader(pool)
  const after = await files.newestId()
  let code = 0
  const dropped: Drop[] = []
  for (const drop of drops) {
    if (signal.aborted) return 1
    if (await copy(store, drop)) dropped.push(drop)
    else code = 1
  }
  printPaused(dropped, pipelines)
  if (!wait) return code
  const keys = dropped.flatMap(({ key, pipeline }) => (pipeline === undefined ? [] : [key]))
  return Math.max(code, await waitForFiles({ files, keys, after, signal }))
}

async function openStore(platform: RunningPlatform): Promise<ObjectStore> {
  const bucket = await platform.bucket()
  if (bucket !== undefined) return openBucket(bucket)
  throw new UserError(
    'This platform loads no files. Start it with npm start -- --set files.enabled=true.',
  )
}

function chooseFor(
  path: string,
  {
    pipelines,
    to,
  }: { readonly pipelines: readonly StoredPipeline[]; readonly to?: string | undefined },
): Drop {
  requireFile(path)
  if (path.endsWith('.toml') && to === undefined)
    return { path, key: basename(path), pipeline: undefined }
  const chosen = chooseInbox(pipelines, { name: basename(path), to })
  if (chosen.kind === 'refused') throw new InputError(chosen.reason)
  const { key, pipeline } = chosen
  const problem = findKeyProblem(key)
  if (problem !== undefined) throw new InputError(`${JSON.stringify(path)}: ${problem}`)
  return { path, key, pipeline }
}

function requireFile(path: string): void {
  try {
    if (statSync(userPath(path)).isFile()) return
  } catch (error) {
    throw new InputError(`The file ${JSON.stringify(path)} cannot be read (${codeOf(error)}).`)
  }
  throw new InputError(`${JSON.stringify(path)} is not a file.`)
}

function requireDifferent(drops: readonly Drop[]): void {
  const keys = new Set<string>()
  for (const { key } of drops) {
    if (keys.has(key))
      throw new InputError(`Two of the files would have the same path, ${JSON.stringify(key)}.`)
    keys.add(key)
  }
}

/** @returns false if the name is taken */
async function copy(store: ObjectStore, { path, key, pipeline }: Drop): Promise<boolean> {
  let object
  try {
    const content = createReadStream(userPath(path))
    // A declaration replaces its earlier version.
    if (pipeline === undefined) {
      await store.write(key, content)
      print(`${path}: the declaration is in the bucket as ${key}. A worker puts it into effect.`)
      return true
    }
    object = await putNew(store, key, content)
  } catch (error) {
    const code = codeOf(error)
    throw new UserError(`${JSON.stringify(path)} was not copied to ${store.address} (${code}).`)
  }
  if (object === undefined) {
    print(
      `${path}: a file with this name waits in the inbox of ${pipeline}. Wait until it is loaded, or rename yours.`,
    )
    return false
  }
  const bytes = object.size === 1 ? '1 byte is' : `${object.size} bytes are`
  print(`${path}: ${bytes} in the inbox of ${pipeline} as ${key}.`)
  return true
}

function printPaused(dropped: readonly Drop[], pipelines: readonly StoredPipeline[]): void {
  for (const name of new Set(dropped.map(({ pipeline }) => pipeline))) {
    if (name === undefined) continue
    const found = pipelines.find((pipeline) => pipeline.name === name)
    if (found?.pauseReason !== undefined)
      print(`The pipeline ${name} is paused, so its files wait: ${found.pauseReason}`)
    else if (found?.isEnabled === false)
      print(`The pipeline ${name} is disabled, so its files wait.`)
  }
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error as Error).message
