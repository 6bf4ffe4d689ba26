import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/** Does work in a folder that is gone afterwards. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-base-'))
  try {
    await work(folder)
  } finally {
    // debootstrap mounts the kernel's file systems below it, and may have been cut short.
    await runProgram('rm', ['-rf', '--one-file-system', folder])
  }
}
