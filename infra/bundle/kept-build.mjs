// JavaScript, because commands are bundled before TypeScript can be loaded. The types are in
// kept-build.d.mts.
import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'

/** Files of the clone that change the result, although esbuild does not name them as inputs. */
const settingFiles = [
  ...['package.json', 'package-lock.json', 'tsconfig.json'],
  'services/dashboard/page/tsconfig.json',
]
/** Files of builds that did not end, or that another process has replaced, are removed after this time. */
const maxAgeMs = 3_600_000

export class KeptBuild {
  #root
  #builds
  #name

  constructor(root, options) {
    this.#root = root
    // As deep as the folders of bundles, because the paths in source maps are relative.
    this.#builds = join(root, 'node_modules', '.cache', 'av-telemetry')
    this.#name = `build-${digestOf(JSON.stringify(options), 'hex').slice(0, 16)}`
  }

  findFolder() {
    const record = this.#read()
    if (record === undefined) return undefined
    const folder = join(this.#builds, record.folder)
    return isCurrent(record, folder) ? folder : undefined
  }

  makeFolder() {
    try {
      const folder = join(this.#builds, `${this.#name}-${randomUUID()}`)
      makePath(folder)
      return folder
    } catch {
      return undefined
    }
  }

  keep(folder, paths, since) {
    const settings = settingFiles.map((name) => join(this.#root, name)).filter(existsSync)
    const inputs = [...paths, ...settings]
    try {
      // A file that changes meanwhile may be part of the build in its earlier form.
      if (inputs.some((path) => statSync(path).mtimeMs >= since)) return false
      const digests = inputs.map((path) => [path, digestOf(readFileSync(path))])
      const record = { inputs: Object.fromEntries(digests), files: sizesIn(folder) }
      this.#replace({ folder: basename(folder), ...record })
      this.#removeOld(folder)
      return true
    } catch {
      return false
    }
  }

  #replace(record) {
    const draft = join(this.#builds, `${record.folder}.json`)
    const earlier = this.#read()
    writeFileSync(draft, JSON.stringify(record))
    renameSync(draft, this.#recordFile)
    if (earlier !== undefined) remove(join(this.#builds, earlier.folder))
  }

  /** Removes what earlier builds with the same options have left. */
  #removeOld(folder) {
    for (const name of readdirSync(this.#builds)) {
      const path = join(this.#builds, name)
      if (!name.startsWith(`${this.#name}-`) || path === folder) continue
      const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
      if (Date.now() - mtimeMs > maxAgeMs) remove(path)
    }
  }

  #read() {
    try {
      return JSON.parse(readFileSync(this.#recordFile, 'utf8'))
    } catch {
      return undefined
    }
  }

  get #recordFile() {
    return join(this.#builds, `${this.#name}.json`)
  }
}

/** Whether all inputs are as they were at the build, and no file is missing or cut off, for example by a power cut. */
function isCurrent({ inputs, files }, folder) {
  try {
    const sizes = Object.entries(files)
    if (sizes.some(([name, size]) => statSync(join(folder, name)).size !== size)) return false
    return Object.entries(inputs).every(([path, digest]) => digestOf(readFileSync(path)) === digest)
  } catch {
    return false
  }
}

/** The size of each file in a folder and its subfolders, by its name. */
function sizesIn(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sizes = names.map((name) => [name, statSync(join(folder, name))])
  return Object.fromEntries(
    sizes.filter(([, stats]) => stats.isFile()).map(([name, { size }]) => [name, size]),
  )
}

/** Without an error, for example if the files belong to another user. */
function remove(path) {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // It is removed later, by somebody who may do it.
  }
}

function digestOf(content, encoding = 'base64') {
  return createHash('sha256').update(content).digest(encoding)
}
