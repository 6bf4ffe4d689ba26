import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const prefix = 'av-telemetry-handlers-'

/** The folder of a worker for bundles and results. Folders of workers that have ended are removed. */
export class WorkFolder implements AsyncDisposable {
  readonly path: string

  /** @param parent for example the folder for temporary files */
  constructor(parent: string) {
    removeLeftovers(parent)
    this.path = mkdtempSync(join(parent, `${prefix}${process.pid}-`))
  }

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.path, { recursive: true, force: true })
    return Promise.resolve()
  }
}

function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`).exec(name) ?? []
    if (pid === undefined || isRunning(Number(pid))) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // It belongs to another user.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
