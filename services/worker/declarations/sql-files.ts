import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SqlText } from '../../pipelines/declaration/tasks/sql-rules.ts'
import { readRegularFile } from '../../runtime/process/regular-file.ts'

/** A statement has some kilobytes. */
const maxBytes = 1_048_576

/** The files of SQL that a declaration names. They lie in the folder that has the folder `pipelines`. */
export class SqlFiles {
  readonly #folder: string
  /** The versions of the files that were read, by name. */
  readonly #read = new Map<string, string>()

  /** @param declaration the path of its file */
  constructor(declaration: string) {
    this.#folder = dirname(dirname(declaration))
  }

  /** The files that were read, also those that do not exist. */
  get names(): readonly string[] {
    return [...this.#read.keys()]
  }

  /** Changes when a file that was read is written. */
  get version(): string {
    return [...this.#read.values()].join('')
  }

  /** The version that declarations with these files have now. */
  versionOf(names: readonly string[]): string {
    return names.map((name) => versionOf(join(this.#folder, name))).join('')
  }

  read(name: string): SqlText {
    const path = join(this.#folder, name)
    // First, so that a change while it is read is another version.
    this.#read.set(name, versionOf(path))
    try {
      const text = decodeUtf8(readRegularFile(path, maxBytes))
      return text === undefined
        ? { fault: 'is not UTF-8; save it with this encoding.' }
        : { text: text.replace(/^\ufeff/, '') }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return { fault: `does not exist in ${this.#folder}.` }
      return { fault: `cannot be read: ${message}.` }
    }
  }
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? ' missing' : ` ${stat.ino} ${stat.mtimeMs} ${stat.size}`
}

export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
