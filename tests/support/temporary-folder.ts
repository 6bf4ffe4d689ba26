import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { testFolder } from '../../scripts/test/leftovers.ts'

/** A temporary folder that is deleted when it is disposed. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(testFolder(), 'av-telemetry-folder-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
