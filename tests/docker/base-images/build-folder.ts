import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/** Runs a function in a temporary folder and removes the folder. */
export async function withBuildFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-base-'))
  try {
    await work(folder)
  } finally {
    // If debootstrap was interrupted, kernel file systems are still mounted below the folder.
    await runProgram('rm', ['-rf', '--one-file-system', folder])
  }
}
