import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startOf } from './process-start.mjs'

/**
 * A folder for temporary files of this process, which only its user can read. Folders of the same kind whose processes
 * have ended are removed, also of processes that were killed.
 */
export class WorkFolder implements AsyncDisposable {
  readonly path: string

  /**
   * @param parent for example the folder for temporary files
   * @param kind the beginning of its name: lower-case letters and `-`
   */
  constructor(parent: string, kind: string) {
    removeLeftovers(parent, kind)
    this.path = mkdtempSync(join(parent, `${kind}-${process.pid}-${startTag(process.pid)}-`))
  }

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.path, { recursive: true, force: true })
    return Promise.resolve()
  }
}

/** In a container each worker has the same pid. So the start of the process is part of the name. */
const startTag = (pid: number): string =>
  createHash('sha256')
    .update(startOf(pid) ?? '')
    .digest('hex')
    .slice(0, 12)

function removeLeftovers(parent: string, kind: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, tag] = new RegExp(`^${kind}-(\\d+)-(?:([0-9a-f]{12})-)?`).exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid), tag)) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // It belongs to another user.
    }
  }
}

/** @param tag undefined: the folder is of an earlier version */
function isRunning(pid: number, tag: string | undefined): boolean {
  if (startOf(pid) === undefined) return false
  return tag === undefined || startTag(pid) === tag
}
